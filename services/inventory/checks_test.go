package inventory

import (
	"slices"
	"testing"
	"time"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/bus/bustest"
	"github.com/waybill-dev/waybill/internal/databasetest"
)

// TestChecksFindWhatIsBroken damages the tables of a sound world, once for each check. Constraints that would refuse the
// damage are dropped before.
func TestChecksFindWhatIsBroken(t *testing.T) {
	damages := map[string][]string{
		"inventory.I1": {
			"ALTER TABLE balance DROP CONSTRAINT balance_available", "UPDATE balance SET on_hand = 1 WHERE sku = 'A'",
		},
		"inventory.I2": {
			"ALTER TABLE balance DROP CONSTRAINT balance_picked", "UPDATE balance SET picked = reserved + 1 WHERE sku = 'A'",
		},
		"inventory.I3":       {"UPDATE balance SET on_hand = on_hand + 1 WHERE sku = 'B'"},
		"inventory.I4":       {"UPDATE balance SET reserved = reserved + 1 WHERE sku = 'B'"},
		"inventory.waiting":  {"UPDATE waiting SET quantity = quantity + 1"},
		"inventory.keys":     {"UPDATE reservation SET refused = true"},
		"inventory.frozen":   {"UPDATE balance SET frozen = true WHERE sku = 'B'"},
		"inventory.I3.lots":  {"UPDATE lot_balance SET on_hand = on_hand + 1"},
		"inventory.I3.sum":   {"UPDATE movement SET quantity = quantity + 1 WHERE from_bucket = 'ADJUSTMENT'"},
		"inventory.I5":       {"UPDATE transfer_line SET lost = lost + 1"},
		"inventory.incoming": {"UPDATE incoming SET open = false"},
		"inventory.quota":    {"UPDATE channel_quota SET reserved = reserved + 1"},
		"inventory.soft":     {"UPDATE soft SET expires_at = expires_at + interval '1 second'"},
		"inventory.snapshot": {"UPDATE snapshot_position SET quantity = quantity + 1 WHERE lot = ''"},
		"inventory.safety":   {"UPDATE safety_stock SET node_id = 'N9'"},
		"inventory.R1": {
			"ALTER TABLE claim DROP CONSTRAINT claim_resolved", "UPDATE claim SET given_back = given_back + 1",
		},
	}
	names := make([]string, 0, len(damages))
	for _, check := range Checks() {
		names = append(names, check.Name)
		t.Run(check.Name, func(t *testing.T) {
			w := soundWorld(t)
			w.check()
			for _, damage := range damages[check.Name] {
				if _, err := w.db.Pool().Exec(t.Context(), damage); err != nil {
					t.Fatal(err)
				}
			}
			breaks, err := check.Run(t.Context(), w.db)
			if err != nil || len(breaks) == 0 || breaks[0].Entity == "" {
				t.Errorf("found %v, %v", breaks, err)
			}
		})
	}
	for name := range damages {
		if !slices.Contains(names, name) {
			t.Errorf("there is no check %s", name)
		}
	}
}

// soundWorld holds something of everything, and is not checked at its end.
func soundWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, db: databasetest.New(t, Migrations), bus: bustest.New(t)}
	service, err := New(Deps{DB: w.db, Bus: w.bus, Clock: time.Now, Log: quiet}, Config{})
	if err != nil {
		t.Fatal(err)
	}
	w.service = service
	w.order = inventoryv1.NewInventoryServiceClient(w.serve("order"))
	w.operator = inventoryv1.NewInventoryServiceClient(w.serve("operator"))
	w.masterData(node("N1", 1, 1, false), node("N2", 1, 2, false), item("A", 0), item("B", 0), lotItem("L"))
	w.stock("A", "N1", "5")
	w.stock("B", "N1", "5")
	w.reserve(request("ord_1", 3), request("ord_2", 3))
	w.adjust(&inventoryv1.StockAdjustment{Sku: "L", NodeId: "N1", Quantity: "4", Reason: "OPENING_STOCK", Lot: "L1"})
	w.transfer("B", "", "2")
	w.keepBack("B", "N1", "", "1")
	w.snapshot("wms", 1, "B", "3", nil)
	w.limitChannel("B", "WEB", "3")
	w.hold(&inventoryv1.CreateStockHoldRequest{RequestId: "h", Channel: "WEB", Lines: holdLines("B", "2")})
	return w
}
