package inventory

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/reconcile"
)

// startCount starts a count of one item in N1.
func (w *world) startCount(sku, lot string) *inventoryv1.StockCount {
	w.t.Helper()
	reply, err := w.operator.StartCount(w.t.Context(), &inventoryv1.StartCountRequest{
		RequestId: w.request(), NodeId: "N1", Items: []*inventoryv1.StockCountItem{{Sku: sku, Lot: lot}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return reply.GetCount()
}

func (w *world) recordCount(count *inventoryv1.StockCount, result *inventoryv1.StockCountResult) *inventoryv1.StockCountOutcome {
	w.t.Helper()
	if result.Sku == "" {
		result.Sku, result.Lot = count.GetLines()[0].GetSku(), count.GetLines()[0].GetLot()
	}
	reply, err := w.operator.RecordCount(w.t.Context(), &inventoryv1.RecordCountRequest{
		RequestId: w.request(), CountId: count.GetCountId(), Results: []*inventoryv1.StockCountResult{result},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return reply.GetOutcomes()[0]
}

func mustBe(t *testing.T, want, got *inventoryv1.StockCountOutcome) {
	t.Helper()
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

// TestCountBelowReservedRevokes: what was counted is less than what is promised. The lowest priority gives way, and of one
// priority the newest.
func TestCountBelowReservedRevokes(t *testing.T) {
	w := newWorld(t)
	w.stock("A", "N1", "10")
	urgent := request("urgent", 4)
	urgent.Priority = 5
	w.reserve(request("older", 3), urgent, request("newer", 3))
	count := w.startCount("a", "")
	mustBe(t, &inventoryv1.StockCountOutcome{Sku: "A", Applied: true, Difference: -4, Revoked: 4},
		w.recordCount(count, &inventoryv1.StockCountResult{Quantity: "6"}))
	w.mustHave(&inventoryv1.Balance{Sku: "A", NodeId: "N1", OnHand: 6, Reserved: 6})
	reserved := w.reserved()
	if diff := cmp.Diff(map[reconcile.Key]int64{at("urgent", 1, "N1"): 4, at("older", 1, "N1"): 2}, reserved); diff != "" {
		t.Error(diff)
	}
	again, err := w.operator.GetCount(t.Context(), &inventoryv1.GetCountRequest{CountId: count.GetCountId()})
	line := again.GetCount().GetLines()[0]
	if err != nil || !line.GetRecorded() || line.GetExpected() != 10 || line.GetCounted() != 6 || line.GetDifference() != -4 {
		t.Errorf("count %v, %v", again, err)
	}
}

// TestCountKeepsWhatMovedLater: the difference is to what the ledger says of the moment of the count.
func TestCountKeepsWhatMovedLater(t *testing.T) {
	w := newWorld(t)
	w.stock("A", "N1", "10")
	count := w.startCount("A", "")
	counted := timestamppb.Now()
	w.stock("A", "N1", "5")
	w.facts(shipped("ord_1", 1, 2))
	mustBe(t, &inventoryv1.StockCountOutcome{Sku: "A", Applied: true, Difference: -1},
		w.recordCount(count, &inventoryv1.StockCountResult{Quantity: "9", CountedAt: counted}))
	w.mustHave(&inventoryv1.Balance{Sku: "A", NodeId: "N1", OnHand: 12, Available: 12})

	// A shipment that left before the count and is reported now is in the count.
	late := shipped("ord_2", 1, 3)
	late.Shipment.ShippedAt = timestamppb.New(counted.AsTime().Add(-time.Second))
	w.facts(late)
	w.mustHave(&inventoryv1.Balance{Sku: "A", NodeId: "N1", OnHand: 12, Available: 12})
}

func TestStaleCountsAreCountedAgain(t *testing.T) {
	w := newWorld(t)
	w.stock("A", "N1", "10")
	count := w.startCount("A", "")
	first := timestamppb.Now()
	w.recordCount(count, &inventoryv1.StockCountResult{Quantity: "10"})
	w.reserve(request("ord_1", 4))
	w.facts(&fulfillmentv1.FulfillmentPicked{Fulfillment: handed("ord_1", 4, 2, 0, 0)})
	for reason, result := range map[string]*inventoryv1.StockCountResult{
		"STALE_NEWER_COUNT":    {Quantity: "9", CountedAt: first, IncludesPicked: true},
		"COUNTED_BEFORE_START": {Quantity: "9", CountedAt: timestamppb.New(count.GetStartedAt().AsTime().Add(-time.Second))},
		"PICKS_OPEN":           {Quantity: "8"},
		"NOT_IN_COUNT":         {Sku: "B", Quantity: "8"},
		"UOM_NOT_DIVISIBLE":    {Quantity: "8.5"},
	} {
		if got := w.recordCount(count, result); got.GetApplied() || got.GetReason() != reason {
			t.Errorf("%v, want %s", got, reason)
		}
	}
	w.mustHave(&inventoryv1.Balance{Sku: "A", NodeId: "N1", OnHand: 10, Reserved: 4, Picked: 2, Available: 6})
	_, err := w.operator.RecordCount(t.Context(), &inventoryv1.RecordCountRequest{
		RequestId: "x", CountId: "cnt_x", Results: []*inventoryv1.StockCountResult{{Sku: "A", Quantity: "1"}},
	})
	mustRefuse(t, err, fault.NotFound, "NOT_FOUND", "count_id")
	mustBe(t, &inventoryv1.StockCountOutcome{Sku: "A", Applied: true, Difference: -1},
		w.recordCount(count, &inventoryv1.StockCountResult{Quantity: "9", IncludesPicked: true}))
	old := w.service.clock
	w.service.clock = func() time.Time { return old().Add(25 * time.Hour) }
	if got := w.recordCount(count, &inventoryv1.StockCountResult{Quantity: "1", CountedAt: timestamppb.Now()}); got.GetReason() != "STALE_TOO_OLD" {
		t.Errorf("a day later: %v", got)
	}
	w.service.clock = old
}

// TestImpossibleCountFreezes: less was counted than pickers have in hand. The fact is kept, and the next count settles it.
func TestImpossibleCountFreezes(t *testing.T) {
	w := newWorld(t)
	w.stock("A", "N1", "5")
	w.reserve(request("ord_1", 4))
	w.facts(&fulfillmentv1.FulfillmentPicked{Fulfillment: handed("ord_1", 4, 4, 0, 0)})
	count := w.startCount("A", "")
	mustBe(t, &inventoryv1.StockCountOutcome{Sku: "A", Applied: true, Difference: -3, Frozen: true},
		w.recordCount(count, &inventoryv1.StockCountResult{Quantity: "2", IncludesPicked: true}))
	w.mustHave(&inventoryv1.Balance{Sku: "A", NodeId: "N1", OnHand: 5, Reserved: 4, Picked: 4, Available: 1, Frozen: true})
	if told := toldOf[*inventoryv1.StockFrozen](w); len(told) != 1 || told[0].GetMissing() != 2 {
		t.Errorf("frozen was told as %v", told)
	}
	mustBe(t, &inventoryv1.StockCountOutcome{Sku: "A", Applied: true, Difference: -1},
		w.recordCount(count, &inventoryv1.StockCountResult{Quantity: "4", IncludesPicked: true}))
	w.mustHave(&inventoryv1.Balance{Sku: "A", NodeId: "N1", OnHand: 4, Reserved: 4, Picked: 4})
	if told := toldOf[*inventoryv1.StockUnfrozen](w); len(told) != 1 {
		t.Errorf("unfrozen was told %d times", len(told))
	}
}

// TestShortPickReturnsTheRestAndHoldsThePhantoms: ten were asked for, seven shipped. The three are not promised again until
// somebody has looked: a snapshot of a system that has not does not release them, a count decides.
func TestShortPickReturnsTheRestAndHoldsThePhantoms(t *testing.T) {
	for counted, want := range map[string]*inventoryv1.Balance{
		"3": {Sku: "A", NodeId: "N1", OnHand: 3, Reserved: 3},
		"1": {Sku: "A", NodeId: "N1", OnHand: 1, Reserved: 1},
		"0": {Sku: "A", NodeId: "N1"},
	} {
		t.Run(counted+" are found", func(t *testing.T) {
			w := newWorld(t)
			w.stock("A", "N1", "10")
			w.reserve(request("ord_1", 10), request("ord_2", 5))
			w.facts(
				&fulfillmentv1.FulfillmentShorted{Fulfillment: handed("ord_1", 10, 7, 3, 0)}, shipped("ord_1", 1, 7),
			)
			w.mustHave(&inventoryv1.Balance{Sku: "A", NodeId: "N1", OnHand: 3, QualityHold: 3, Unverified: 3})
			w.snapshot("wms", 1, "A", "3", nil)
			w.mustHave(&inventoryv1.Balance{Sku: "A", NodeId: "N1", OnHand: 3, QualityHold: 3, Unverified: 3})
			w.recordCount(w.startCount("A", ""), &inventoryv1.StockCountResult{Quantity: counted})
			w.mustHave(want)
		})
	}
}

func TestLotsAreCountedOneByOne(t *testing.T) {
	w := newWorld(t)
	for _, lot := range []string{"L1", "L2"} {
		w.adjust(&inventoryv1.StockAdjustment{Sku: "L", NodeId: "N1", Quantity: "5", Reason: "OPENING_STOCK", Lot: lot})
	}
	mustBe(t, &inventoryv1.StockCountOutcome{Sku: "L", Lot: "L2", Applied: true, Difference: -2},
		w.recordCount(w.startCount("L", "L2"), &inventoryv1.StockCountResult{Quantity: "3"}))
	mustBe(t, &inventoryv1.StockCountOutcome{Sku: "L", Lot: "L3", Applied: true, Difference: 4},
		w.recordCount(w.startCount("L", "L3"), &inventoryv1.StockCountResult{Quantity: "4"}))
	w.mustHave(&inventoryv1.Balance{Sku: "L", NodeId: "N1", OnHand: 12, Available: 12})
	_, err := w.operator.StartCount(t.Context(), &inventoryv1.StartCountRequest{
		RequestId: "x", NodeId: "N9", Items: []*inventoryv1.StockCountItem{{Sku: "L"}, {Sku: "A"}, {Sku: "a"}},
	})
	mustRefuse(t, err, fault.Invalid, "LOT_REQUIRED", "items[0].lot", "node_id", "items[2].sku")
}
