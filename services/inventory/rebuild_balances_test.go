package inventory

import (
	"testing"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/fault"
)

func (w *world) rebuild(skus ...string) (*inventoryv1.RebuildBalancesResponse, error) {
	w.t.Helper()
	req := &inventoryv1.RebuildBalancesRequest{Reason: "it drifted"}
	for _, sku := range skus {
		req.Balances = append(req.Balances, &inventoryv1.BalanceToRebuild{Sku: sku, NodeId: "N1"})
	}
	return w.operator.RebuildBalances(w.t.Context(), req)
}

// A balance that drifted says afterwards what its ledger and its promises say; what is right stays, and a repeat changes nothing.
func TestRebuiltBalancesFollowLedgerAndPromises(t *testing.T) {
	for name, damage := range map[string]string{
		"more on hand":  "UPDATE balance SET on_hand = on_hand + 7 WHERE sku = 'A'",
		"held":          "UPDATE balance SET quality_hold = 1, on_hand = on_hand + 1 WHERE sku = 'A'",
		"more promised": "UPDATE balance SET reserved = reserved + 1 WHERE sku = 'A'",
		"less promised": "UPDATE balance SET reserved = reserved - 1, picked = 0 WHERE sku = 'A'",
		"a lot":         "UPDATE lot_balance SET on_hand = on_hand + 2",
		"a lost lot":    "DELETE FROM lot_balance",
		"an invented one": `INSERT INTO lot_balance (sku, node_id, lot, on_hand, quality_hold, damaged, expires_on, counted_to)
			VALUES ('L', 'N1', 'L9', 3, 0, 0, '', '0001-01-01T00:00:00Z')`,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.stock("A", "N1", "9")
			w.stock("B", "N1", "4")
			w.adjust(&inventoryv1.StockAdjustment{Sku: "L", NodeId: "N1", Quantity: "4", Reason: "OPENING_STOCK", Lot: "L1"})
			w.reserve(request("ord_1", 3))
			if _, err := w.db.Pool().Exec(t.Context(), damage); err != nil {
				t.Fatal(err)
			}
			reply, err := w.rebuild("A", "B", "L", "A")
			if err != nil || reply.GetChanged() != 1 || len(reply.GetBalances()) != 4 {
				t.Fatalf("%v, %v", reply, err)
			}
			if a := reply.GetBalances()[0]; a.GetOnHand() != 9 || a.GetReserved() != 3 || a.GetQualityHold() != 0 {
				t.Errorf("balance %v", a)
			}
			w.check()
			if again, err := w.rebuild("A", "B", "L"); err != nil || again.GetChanged() != 0 {
				t.Errorf("again %v, %v", again, err)
			}
		})
	}
}

// By its ledger less is there than is promised: the newest promise is revoked, and its order waits.
func TestRebuildingRevokesWhatIsNotThere(t *testing.T) {
	w := newWorld(t)
	w.stock("A", "N1", "4")
	w.stock("A", "N1", "3")
	w.reserve(request("ord_1", 3), request("ord_2", 3))
	if _, err := w.db.Pool().Exec(t.Context(), "DELETE FROM movement WHERE sku = 'A' AND quantity = 3"); err != nil {
		t.Fatal(err)
	}
	if reply, err := w.rebuild("A"); err != nil || reply.GetChanged() != 1 {
		t.Fatalf("%v, %v", reply, err)
	}
	w.mustHave(&inventoryv1.Balance{Sku: "A", NodeId: "N1", OnHand: 4, Reserved: 4})
	var revoked int64
	for _, event := range toldOf[*inventoryv1.ReservationRevoked](w) {
		for _, change := range event.GetChanges() {
			revoked += change.GetQuantity()
		}
	}
	if revoked != 2 {
		t.Errorf("%d told as revoked, want 2", revoked)
	}
}

func TestBalancesThatCannotBeRebuilt(t *testing.T) {
	w := newWorld(t)
	if _, err := w.rebuild("NONE"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("an unknown item: %v", err)
	}
	w.stock("A", "N1", "4")
	w.stock("A", "N1", "-3")
	if _, err := w.db.Pool().Exec(t.Context(), "DELETE FROM movement WHERE sku = 'A' AND quantity = 4"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.rebuild("A"); fault.ReasonOf(err) != "LEDGER_IMPOSSIBLE" {
		t.Errorf("less than nothing: %v", err)
	}
	if _, err := w.db.Pool().Exec(t.Context(), "DELETE FROM movement WHERE sku = 'A'"); err != nil {
		t.Fatal(err)
	}
	if reply, err := w.rebuild("A"); err != nil || reply.GetChanged() != 1 {
		t.Errorf("nothing at all: %v, %v", reply, err)
	}
}
