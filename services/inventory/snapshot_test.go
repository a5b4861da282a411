package inventory

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
)

// snapshot says what is there of an item in N1.
func (w *world) snapshot(source string, seq int64, sku, quantity string, asOf *timestamppb.Timestamp) *inventoryv1.SnapshotOutcome {
	w.t.Helper()
	reply, err := w.operator.RecordSnapshot(w.t.Context(), &inventoryv1.RecordSnapshotRequest{
		Source: source, Entries: []*inventoryv1.SnapshotEntry{{Sku: sku, NodeId: "N1", Quantity: quantity, SourceSeq: seq, AsOf: asOf}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return reply.GetOutcomes()[0]
}

// TestAbsoluteStockPushDoesNotInventStock: a system says what was there a while ago. What moved since is kept, and what
// had moved before and is told later does not count twice.
func TestAbsoluteStockPushDoesNotInventStock(t *testing.T) {
	w := newWorld(t)
	w.stock("A", "N1", "10")
	asOf := timestamppb.Now()
	w.facts(shipped("ord_1", 1, 4)) // later than the snapshot
	got := w.snapshot("wms", 1, "a", "12", asOf)
	if got.GetResult() != inventoryv1.SnapshotResult_SNAPSHOT_RESULT_APPLIED || got.GetDifference() != 2 || got.GetLowConfidence() {
		t.Errorf("outcome %v", got)
	}
	w.mustHave(&inventoryv1.Balance{Sku: "A", NodeId: "N1", OnHand: 8, Available: 8}) // not 12
	for range 2 {                                                                     // the same and older ones
		if got := w.snapshot("wms", 1, "A", "50", nil); got.GetResult() != inventoryv1.SnapshotResult_SNAPSHOT_RESULT_IGNORED ||
			got.GetReason() != "OLDER_SEQUENCE" {
			t.Errorf("outcome %v", got)
		}
	}
	if got := w.snapshot("erp", 1, "A", "50", asOf); got.GetReason() != "STALE_NEWER_COUNT" {
		t.Errorf("another source, of the same moment: %v", got)
	}
	late := shipped("ord_2", 1, 3) // left before the snapshot was taken
	late.Shipment.ShippedAt = timestamppb.New(asOf.AsTime().Add(-time.Minute))
	w.facts(late)
	w.mustHave(&inventoryv1.Balance{Sku: "A", NodeId: "N1", OnHand: 8, Available: 8})
	sources, err := w.operator.ListSnapshotSources(t.Context(), &inventoryv1.ListSnapshotSourcesRequest{})
	if err != nil || len(sources.GetSources()) != 2 || sources.GetSources()[1].GetIgnored() != 2 {
		t.Errorf("sources %v, %v", sources, err)
	}
	want := &inventoryv1.StockSnapshotApplied{
		StockKey: "A|N1", Sku: "A", NodeId: "N1", Source: "wms", SourceSeq: 1, Quantity: 12, Difference: 2,
	}
	ignore := protocmp.IgnoreFields(&inventoryv1.StockSnapshotApplied{}, "as_of")
	if diff := cmp.Diff([]*inventoryv1.StockSnapshotApplied{want}, toldOf[*inventoryv1.StockSnapshotApplied](w), protocmp.Transform(), ignore); diff != "" {
		t.Error(diff)
	}
}

// TestSnapshotOvertakesItsShipment: the warehouse's stock is told before the shipment that it lacks. It cannot be true for as
// long as pickers have the goods in hand, and is when the shipment comes.
func TestSnapshotOvertakesItsShipment(t *testing.T) {
	w := newWorld(t)
	w.stock("A", "N1", "5")
	w.reserve(request("ord_1", 4))
	w.facts(&fulfillmentv1.FulfillmentPicked{Fulfillment: handed("ord_1", 4, 4, 0, 0)})
	event := shipped("ord_1", 1, 4)
	event.Shipment.ShippedAt = timestamppb.Now()
	if got := w.snapshot("wms", 1, "A", "1", timestamppb.Now()); got.GetDifference() != -4 || !got.GetFrozen() {
		t.Errorf("outcome %v", got)
	}
	w.reserve(request("ord_2", 1))
	w.run()
	w.facts(event)
	eventually(t, "what waits for the stock that is free again is served", func() bool {
		return w.balance("A", "N1").GetReserved() == 1
	})
	w.mustHave(&inventoryv1.Balance{Sku: "A", NodeId: "N1", OnHand: 1, Reserved: 1})
}

func TestSnapshotWithoutItsMomentUsesTheLag(t *testing.T) {
	w := newWorld(t)
	if _, err := w.operator.SetSnapshotSource(t.Context(), &inventoryv1.SetSnapshotSourceRequest{
		Source: "wms", Lag: durationpb.New(time.Hour),
	}); err != nil {
		t.Fatal(err)
	}
	hoursAgo := adjustment("A", "N1", "10")
	hoursAgo.OccurredAt = timestamppb.New(time.Now().Add(-2 * time.Hour))
	w.adjust(hoursAgo)
	w.stock("A", "N1", "5") // within the hour: not in the snapshot
	got := w.snapshot("wms", 7, "A", "9", nil)
	if !got.GetLowConfidence() || got.GetDifference() != -1 || time.Since(got.GetAsOf().AsTime()) < 59*time.Minute {
		t.Errorf("outcome %v", got)
	}
	w.mustHave(&inventoryv1.Balance{Sku: "A", NodeId: "N1", OnHand: 14, Available: 14})
}

// TestSnapshotTellsWhatBecameOfEachEntry: each entry is taken, ignored or refused alone.
func TestSnapshotTellsWhatBecameOfEachEntry(t *testing.T) {
	w := newWorld(t)
	w.stock("A", "N1", "5")
	w.reserve(request("ord_1", 4))
	reply, err := w.operator.RecordSnapshot(t.Context(), &inventoryv1.RecordSnapshotRequest{
		Source: "wms", Entries: []*inventoryv1.SnapshotEntry{
			{Sku: "A", NodeId: "N1", Quantity: "3", SourceSeq: 2}, {Sku: "A", NodeId: "N1", Quantity: "9", SourceSeq: 1},
			{Sku: "X", NodeId: "N9", Quantity: "3", SourceSeq: 1}, {Sku: "L", NodeId: "N1", Quantity: "3", SourceSeq: 1},
			{Sku: "L", NodeId: "N1", Lot: "L1", Quantity: "3", SourceSeq: 1}, {Sku: "A", NodeId: "N1", Quantity: "0.5", SourceSeq: 3},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, outcome := range reply.GetOutcomes() {
		got = append(got, fmt.Sprintf("%d %s %d %d", outcome.GetResult(), outcome.GetReason(), outcome.GetDifference(), outcome.GetRevoked()))
	}
	want := []string{
		"1  -2 1", "2 OLDER_SEQUENCE 0 0", "3 UNKNOWN_ITEM 0 0", "3 LOT_REQUIRED 0 0", "1  3 0", "3 UOM_NOT_DIVISIBLE 0 0",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if reply.GetApplied() != 2 || reply.GetIgnored() != 1 || reply.GetRefused() != 3 {
		t.Errorf("sums %v", reply)
	}
}

// TestSnapshotsLikeANaiveModel drives stock and snapshots of it, in the past and late, over the real service. The model
// knows no ledger: the newest snapshot, and what happened after it.
func TestSnapshotsLikeANaiveModel(t *testing.T) {
	w := newWorld(t)
	random := rand.New(rand.NewPCG(3, 4))
	begin := time.Now().Add(-time.Hour).Truncate(time.Microsecond)
	type change struct {
		at       time.Time
		quantity int64
	}
	var changes []change
	var newest change
	for seq := range int64(60) {
		at := begin.Add(time.Duration(random.IntN(3000)) * time.Second)
		if random.IntN(2) == 0 {
			quantity := int64(random.IntN(20) + 1)
			asked := adjustment("A", "N1", fmt.Sprint(quantity))
			asked.OccurredAt = timestamppb.New(at)
			w.adjust(asked)
			changes = append(changes, change{at, quantity})
		} else {
			quantity := int64(random.IntN(50))
			got := w.snapshot("wms", seq+1, "A", fmt.Sprint(quantity), timestamppb.New(at))
			if applied := got.GetResult() == inventoryv1.SnapshotResult_SNAPSHOT_RESULT_APPLIED; applied != at.After(newest.at) {
				t.Fatalf("snapshot of %v after one of %v: %v", at, newest.at, got)
			} else if applied {
				newest = change{at, quantity}
			}
		}
		want := newest.quantity
		for _, one := range changes {
			if one.at.After(newest.at) {
				want += one.quantity
			}
		}
		if got := w.balance("A", "N1").GetOnHand(); got != want {
			t.Fatalf("step %d: %d on hand, the model says %d", seq, got, want)
		}
	}
}

// TestSnapshotOfThousands is one set: it takes about as many statements as a snapshot of one.
func TestSnapshotOfThousands(t *testing.T) {
	w := newWorld(t)
	const items = 3000
	events := make([]proto.Message, items)
	req := &inventoryv1.RecordSnapshotRequest{Source: "wms"}
	for i := range events {
		sku := fmt.Sprintf("S%d", i)
		events[i] = item(sku, 0)
		req.Entries = append(req.Entries, &inventoryv1.SnapshotEntry{Sku: sku, NodeId: "N1", Quantity: "7", SourceSeq: 1})
	}
	w.masterData(events...)
	reply, err := w.operator.RecordSnapshot(t.Context(), req)
	if err != nil || reply.GetApplied() != items {
		t.Fatalf("applied %d, %v", reply.GetApplied(), err)
	}
	again, err := w.operator.RecordSnapshot(t.Context(), req)
	if err != nil || again.GetIgnored() != items {
		t.Errorf("ignored %d, %v", again.GetIgnored(), err)
	}
}
