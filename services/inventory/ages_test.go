package inventory

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
)

// staleness is how old what is known of A in each place is, as availability and promises say it alike.
func (w *world) staleness(horizon *timestamppb.Timestamp) map[string]time.Duration {
	w.t.Helper()
	now := w.service.now()
	available, err := w.operator.CheckAvailability(w.t.Context(), &inventoryv1.CheckAvailabilityRequest{
		Skus: []string{"a"}, Horizon: horizon,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	promised, err := w.operator.CheckPromise(w.t.Context(), &inventoryv1.CheckPromiseRequest{
		Lines: []*inventoryv1.PromiseLine{{Sku: "a", Quantity: "1"}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	candidates := map[string]*inventoryv1.PromiseCandidate{}
	for _, candidate := range promised.GetLines()[0].GetCandidates() {
		candidates[candidate.GetNodeId()] = candidate
	}
	ages := map[string]time.Duration{}
	for _, one := range available.GetAvailability() {
		age := time.Duration(one.GetStaleMs()) * time.Millisecond
		if !one.GetStockAsOf().AsTime().Equal(now.Add(-age)) {
			w.t.Errorf("%s is as of %v and %v old", one.GetNodeId(), one.GetStockAsOf().AsTime(), age)
		}
		candidate := candidates[one.GetNodeId()]
		if candidate.GetStaleMs() != one.GetStaleMs() || !candidate.GetStockAsOf().AsTime().Equal(one.GetStockAsOf().AsTime()) {
			w.t.Errorf("availability says %v, the promise %v", one, candidate)
		}
		ages[one.GetNodeId()] = age
	}
	return ages
}

// TestRepliesSayHowOldTheStockIs: stock that we book is known now, stock that an outside system tells as of its newest snapshot
// that was applied.
func TestRepliesSayHowOldTheStockIs(t *testing.T) {
	w := onSunday(t)
	w.stock("A", "N1", "10")
	w.stock("A", "N2", "10")
	mustBe := func(when string, n1 time.Duration, horizon *timestamppb.Timestamp) {
		t.Helper()
		got := w.staleness(horizon)
		if len(got) < 2 || got["N1"] != n1 || got["N2"] != 0 {
			t.Errorf("%s: %v, want %v in N1 and nothing in N2", when, got, n1)
		}
	}
	mustBe("booked", 0, nil)
	w.snapshot("wms", 1, "A", "10", timestamppb.New(sunday.Add(-90*time.Minute)))
	mustBe("told", 90*time.Minute, nil)
	if got := w.snapshot("wms", 2, "A", "7", timestamppb.New(sunday.Add(-2*time.Hour))); got.GetReason() != "STALE_NEWER_COUNT" {
		t.Fatal(got)
	}
	mustBe("told again, of earlier", 90*time.Minute, in(3))
	w.service.clock = func() time.Time { return sunday.Add(time.Minute) }
	mustBe("a minute later", 91*time.Minute, in(3))
	w.stock("A", "N1", "1")
	mustBe("booked on top", 91*time.Minute, nil)
	w.snapshot("erp", 1, "A", "20", timestamppb.New(sunday))
	mustBe("told by another", time.Minute, nil)
}

// TestOneRequestTellsOneStockTwice: the second entry is not applied, the first one stays what the stock is known by.
func TestOneRequestTellsOneStockTwice(t *testing.T) {
	w := onSunday(t)
	w.stock("A", "N1", "10")
	_, err := w.operator.RecordSnapshot(t.Context(), &inventoryv1.RecordSnapshotRequest{Source: "wms", Entries: []*inventoryv1.SnapshotEntry{
		{Sku: "A", NodeId: "N1", Quantity: "3", SourceSeq: 1, AsOf: timestamppb.New(sunday.Add(-time.Hour))},
		{Sku: "A", NodeId: "N1", Quantity: "9", SourceSeq: 2, AsOf: timestamppb.New(sunday.Add(-2 * time.Hour))},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if got := w.staleness(nil)["N1"]; got != time.Hour {
		t.Errorf("%v old, want an hour", got)
	}
}
