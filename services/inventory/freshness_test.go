package inventory

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/outbox"
)

// wantStale says what is there of A in N1, and what of it may be promised: by a query, by a promise for a date and by the newest
// event alike.
func (w *world) wantStale(when string, stale bool, sellable string, told int64) {
	w.t.Helper()
	available, err := w.operator.CheckAvailability(w.t.Context(), &inventoryv1.CheckAvailabilityRequest{Skus: []string{"A"}})
	if err != nil {
		w.t.Fatal(err)
	}
	if got := available.GetAvailability()[0].GetSellable(); got != sellable {
		w.t.Errorf("%s: %s may be promised, want %s", when, got, sellable)
	}
	promised, err := w.operator.CheckPromise(w.t.Context(), &inventoryv1.CheckPromiseRequest{
		Lines: []*inventoryv1.PromiseLine{{Sku: "A", Quantity: "1"}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if got := promised.GetLines()[0].GetCandidates()[0].GetPromisableNow(); got != sellable {
		w.t.Errorf("%s: a promise says %s, want %s", when, got, sellable)
	}
	if got := w.balance("A", "N1"); got.GetStale() != stale {
		w.t.Errorf("%s: %v", when, got)
	}
	states, err := w.service.availabilityStates(w.t.Context(), []outbox.StateKey{{Parts: []string{"A", "N1"}}})
	if err != nil || len(states) != 1 || states[0].Payload.(*inventoryv1.AvailabilityChanged).GetSellable() != told {
		w.t.Errorf("%s: told %v (%v), want %d", when, states, err, told)
	}
	w.check()
}

// states is how many notes there are that availability has changed. The relay must not run.
func (w *world) states() (n int) {
	w.t.Helper()
	if err := w.db.Pool().QueryRow(w.t.Context(), `SELECT count(*) FROM outbox_state`).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

// §1.2: above the freshness limit a place's sellable is cut by a buffer, until somebody says again what is there.
func TestStaleStockIsNotPromisedInFull(t *testing.T) {
	w := onSunday(t)
	_, err := w.operator.SetSnapshotSource(t.Context(), &inventoryv1.SetSnapshotSourceRequest{
		Source: "wms", FreshFor: durationpb.New(time.Hour), StaleUnits: 2, StaleBp: 2_500,
	})
	if err != nil {
		t.Fatal(err)
	}
	w.snapshot("wms", 1, "A", "10", timestamppb.New(sunday.Add(-30*time.Minute)))
	sweep := func() {
		t.Helper()
		if err := w.service.sweepStale(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	sweep()
	w.wantStale("fresh", false, "10", 10)

	w.service.clock = func() time.Time { return sunday.Add(30 * time.Minute) }
	before := w.states()
	sweep()
	if told := w.states() - before; told != 1 {
		t.Errorf("that it is stale is told %d times", told)
	}
	w.wantStale("an hour later", true, "7", 7) // a quarter of 10, rounded up
	sweep()
	line := w.reserve(request("ord_1", 8))[0].GetReservation().GetLines()[0]
	if len(line.GetAllocations()) != 1 || line.GetAllocations()[0].GetQuantity() != 7 || line.GetBackordered() != 1 {
		t.Errorf("reserved of the buffer: %v", line)
	}
	w.cancel(&inventoryv1.ReservationCancellation{Key: "ord_1/reserve/1", OrderId: "ord_1"})
	w.reserve(request("ord_2", 5))
	w.wantStale("with promises", true, "3", 3) // of the 5 left 2 units are more than a quarter

	w.snapshot("wms", 2, "A", "10", timestamppb.New(sunday.Add(25*time.Minute)))
	w.wantStale("told again", false, "5", 5)
	w.snapshot("erp", 1, "A", "10", timestamppb.New(sunday.Add(29*time.Minute))) // a system that has no limit
	w.service.clock = func() time.Time { return sunday.Add(48 * time.Hour) }
	sweep()
	w.wantStale("told by one without a limit", false, "5", 5)
}

// A snapshot that is old when it comes is stale at once.
func TestAnOldSnapshotIsStaleAtOnce(t *testing.T) {
	w := onSunday(t)
	if _, err := w.operator.SetSnapshotSource(t.Context(), &inventoryv1.SetSnapshotSourceRequest{
		Source: "wms", FreshFor: durationpb.New(time.Hour), StaleBp: 10_000,
	}); err != nil {
		t.Fatal(err)
	}
	w.snapshot("wms", 1, "A", "10", timestamppb.New(sunday.Add(-2*time.Hour)))
	w.wantStale("two hours old", true, "0", 0)
	sources, err := w.operator.ListSnapshotSources(t.Context(), &inventoryv1.ListSnapshotSourcesRequest{})
	if err != nil || sources.GetSources()[0].GetStaleBp() != 10_000 || sources.GetSources()[0].GetFreshFor().AsDuration() != time.Hour {
		t.Errorf("%v, %v", sources, err)
	}
}
