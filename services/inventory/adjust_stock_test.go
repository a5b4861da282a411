package inventory

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/protobuf/testing/protocmp"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/reconcile"
)

func adjustment(sku, node, quantity string) *inventoryv1.StockAdjustment {
	return &inventoryv1.StockAdjustment{Sku: sku, NodeId: node, Quantity: quantity, Reason: "COUNT", SourceDocument: "C-1"}
}

func TestAdjustTellsWhatMoved(t *testing.T) {
	w := newWorld(t)
	reply, err := w.operator.AdjustStock(t.Context(), &inventoryv1.AdjustStockRequest{
		RequestId: "r1", Adjustments: []*inventoryv1.StockAdjustment{adjustment("KG", "N1", "2.5"), adjustment("kg", "N1", "-0.125")},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := &inventoryv1.Balance{Sku: "kg", NodeId: "N1", OnHand: 2375, Available: 2375, Scale: 3, Version: 1}
	ignoreTime := protocmp.IgnoreFields(&inventoryv1.Balance{}, "as_of")
	if diff := cmp.Diff([]*inventoryv1.Balance{want, want}, reply.GetBalances(), protocmp.Transform(), ignoreTime); diff != "" {
		t.Error(diff)
	}
	told := toldOf[*inventoryv1.StockMoved](w)
	wantTold := &inventoryv1.StockMoved{StockKey: "kg|N1", Sku: "kg", NodeId: "N1", Balance: want, Movements: []*inventoryv1.Movement{
		{FromBucket: "ADJUSTMENT", ToBucket: "SELLABLE", Quantity: 2500, Reason: "COUNT", SourceDocument: "C-1"},
		{FromBucket: "SELLABLE", ToBucket: "ADJUSTMENT", Quantity: 125, Reason: "COUNT", SourceDocument: "C-1"},
	}}
	ignoreIDs := protocmp.IgnoreFields(&inventoryv1.Movement{}, "movement_id", "occurred_at", "recorded_at")
	if diff := cmp.Diff([]*inventoryv1.StockMoved{wantTold}, told, protocmp.Transform(), ignoreTime, ignoreIDs); diff != "" {
		t.Error(diff)
	}
}

func TestAdjustServesWhatWaits(t *testing.T) {
	w := newWorld(t)
	w.reserve(request("ord_1", 3), request("ord_2", 3))
	w.stock("A", "N2", "4")
	reserved := w.reserved()
	if diff := cmp.Diff(map[reconcile.Key]int64{at("ord_1", 1, "N2"): 3, at("ord_2", 1, "N2"): 1}, reserved); diff != "" {
		t.Error(diff)
	}
	// A new request does not get ahead of what still waits.
	w.reserve(request("ord_3", 1))
	w.stock("A", "N2", "2")
	reserved = w.reserved()
	if diff := cmp.Diff(map[reconcile.Key]int64{at("ord_1", 1, "N2"): 3, at("ord_2", 1, "N2"): 3}, reserved); diff != "" {
		t.Error(diff)
	}
}

func TestTakingAwayWhatIsPromised(t *testing.T) {
	w := newWorld(t)
	w.stock("A", "N1", "5")
	w.reserve(request("ord_1", 2), request("ord_2", 3))
	w.stock("A", "N2", "1")
	w.stock("A", "N1", "-4") // the newest promise goes first
	reserved := w.reserved()
	if diff := cmp.Diff(map[reconcile.Key]int64{at("ord_1", 1, "N1"): 1}, reserved); diff != "" {
		t.Error(diff)
	}
	var revoked int64
	for _, event := range toldOf[*inventoryv1.ReservationRevoked](w) {
		for _, change := range event.GetChanges() {
			revoked += change.GetQuantity()
		}
	}
	if revoked != 4 {
		t.Errorf("%d told as revoked, want 4", revoked)
	}
	w.run()
	eventually(t, "the stock elsewhere goes to the older one", func() bool {
		return w.reserved()[at("ord_1", 1, "N2")] == 1
	})
}

func TestAdjustRepeats(t *testing.T) {
	w := newWorld(t)
	req := &inventoryv1.AdjustStockRequest{RequestId: "r1", Adjustments: []*inventoryv1.StockAdjustment{adjustment("A", "N1", "5")}}
	first, err := w.operator.AdjustStock(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	w.stock("A", "N1", "1")
	again, err := w.operator.AdjustStock(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, again, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	req.Adjustments[0].Quantity = "6"
	if _, err := w.operator.AdjustStock(t.Context(), req); fault.ReasonOf(err) != "REQUEST_ID_REUSED" {
		t.Errorf("another body: %v", err)
	}
	if got := w.balance("A", "N1").GetOnHand(); got != 6 {
		t.Errorf("%d on hand, want 6", got)
	}
}

func TestAdjustRefuses(t *testing.T) {
	w := newWorld(t)
	w.stock("A", "N1", "5")
	w.reserve(request("ord_1", 3))
	tests := map[string]struct {
		adjustments []*inventoryv1.StockAdjustment
		kind        fault.Kind
		reason      string
		fields      []fault.Field
	}{
		"more than is there": {
			[]*inventoryv1.StockAdjustment{adjustment("B", "N1", "1"), adjustment("A", "N1", "-6")},
			fault.Precondition, "NEGATIVE_AVAILABLE",
			[]fault.Field{{Path: "adjustments[1].quantity", Reason: "NEGATIVE_AVAILABLE"}},
		},
		"codes that nobody knows": {
			[]*inventoryv1.StockAdjustment{adjustment("X", "N1", "1"), adjustment("A", "N9", "1")},
			fault.Invalid, "UNKNOWN_ITEM",
			[]fault.Field{
				{Path: "adjustments[0].sku", Reason: "UNKNOWN_ITEM"}, {Path: "adjustments[1].node_id", Reason: "UNKNOWN_NODE"},
			},
		},
		"quantities that do not fit": {
			[]*inventoryv1.StockAdjustment{adjustment("A", "N1", "0.5"), adjustment("B", "N1", "0"), adjustment("freight", "N1", "1")},
			fault.Invalid, "UOM_NOT_DIVISIBLE",
			[]fault.Field{
				{Path: "adjustments[0].quantity", Reason: "UOM_NOT_DIVISIBLE"},
				{Path: "adjustments[1].quantity", Reason: "QUANTITY_ZERO"}, {Path: "adjustments[2].sku", Reason: "NOT_STOCKED"},
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := w.operator.AdjustStock(t.Context(), &inventoryv1.AdjustStockRequest{RequestId: name, Adjustments: test.adjustments})
			got, ok := fault.As(err)
			if !ok || got.Kind != test.kind || got.Reason != test.reason {
				t.Fatalf("error %v", err)
			}
			if diff := cmp.Diff(test.fields, got.Fields, cmpopts.IgnoreFields(fault.Field{}, "Message")); diff != "" {
				t.Error(diff)
			}
		})
	}
	if got := w.balance("A", "N1").GetOnHand(); got != 5 || w.balance("B", "N1") != nil {
		t.Errorf("something was adjusted: %d of A, B %v", got, w.balance("B", "N1"))
	}
}
