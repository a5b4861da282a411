package domain_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
)

// has is what an order has in places, and what it waits for in none.
func (w *world) has(order domain.OrderID) map[domain.NodeID]int64 {
	held := map[domain.NodeID]int64{}
	for id, reservation := range w.reservations {
		for _, claim := range w.claims[id] {
			if reservation.Order == order && claim.Remaining > 0 {
				held[claim.Node] += claim.Remaining
			}
		}
	}
	return held
}

func (w *world) wantHeld(t *testing.T, order domain.OrderID, want map[domain.NodeID]int64) {
	t.Helper()
	if diff := cmp.Diff(want, w.has(order)); diff != "" {
		t.Errorf("%s: %s", order, diff)
	}
	if err := w.broken(); err != nil {
		t.Error(err)
	}
}

// anew asks for stock of item A elsewhere, for what N1 did not take of line 1.
func anew(order domain.OrderID, quantity int64) domain.Want {
	again := want(order, quantity)
	again.Key += " anew"
	again.Excluded, again.KeepsAge = []domain.NodeID{"N1"}, true
	again.GivesBack = []domain.CancelLine{{Line: 1, Node: "N1", Quantity: quantity}}
	return again
}

// The quota that the old promise takes is free for the new one, and for nobody else.
func TestNobodyGetsBetweenTheOldPromiseAndTheNew(t *testing.T) {
	w := stocked(5, "N1")
	w.limitChannel("A", "WEB", 5)
	first, second, again := want("o1", 5), want("o2", 5), anew("o1", 5)
	first.Channel, second.Channel, again.Channel = "WEB", "WEB", "WEB"
	w.reserve(first, second)
	w.nodes = append(w.nodes, domain.Node{ID: "N2"})
	w.stock("A", "N2", 5)
	outcome := w.reserve(again)[0]
	if diff := cmp.Diff(&domain.Cancelled{GivenBack: []domain.CancelLine{{Line: 1, Node: "N1", Quantity: 5}}}, outcome.Returned); diff != "" {
		t.Error(diff)
	}
	w.wantHeld(t, "o1", map[domain.NodeID]int64{"N2": 5})
	w.wantHeld(t, "o2", map[domain.NodeID]int64{"": 5})
	if err := w.drifted(); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(outcome, w.reserve(again)[0]); diff != "" {
		t.Errorf("a repeat: %s", diff)
	}
	w.wantHeld(t, "o1", map[domain.NodeID]int64{"N2": 5})
}

func TestResourcedKeepsItsPlaceInTheQueue(t *testing.T) {
	w := stocked(5, "N1", "N2")
	w.reserve(want("o0", 5), want("o1", 5)) // N1 and N2
	w.reserve(want("o2", 7))                // waits, and is younger than o1
	again := anew("o1", 5)
	again.Excluded, again.GivesBack[0].Node = []domain.NodeID{"N2"}, "N2"
	w.reserve(again)
	w.wantHeld(t, "o1", map[domain.NodeID]int64{"": 5})
	w.wantHeld(t, "o2", map[domain.NodeID]int64{"N2": 5, "": 2}) // what o1 did not get there
	w.cancel(domain.Cancellation{Key: "c", Order: "o0"})
	w.wantHeld(t, "o1", map[domain.NodeID]int64{"N1": 5})
	w.wantHeld(t, "o2", map[domain.NodeID]int64{"N2": 5, "": 2})
}

// Stock that nobody has been served from yet goes to what is older, also when that asks only now.
func TestResourcedGoesBeforeYoungerDemandAtOnce(t *testing.T) {
	for name, limit := range map[string]int{"all demand is loaded": 1000, "the younger is hidden": 1} {
		w := stocked(5, "N1")
		w.nodes = append(w.nodes, domain.Node{ID: "N2", Inactive: true})
		w.reserve(want("o1", 5), want("o2", 1), want("o3", 9))
		w.stock("A", "N2", 5)
		w.nodes[1].Inactive = false
		w.limit = limit
		if got := w.reserve(anew("o1", 5))[0].Lines[0]; len(got.Placed) != 1 || got.Backordered != 0 {
			t.Errorf("%s: o1 got %+v, want what N2 has", name, got)
		}
		other := stocked(5, "N1")
		other.nodes = append(other.nodes, domain.Node{ID: "N2", Inactive: true})
		other.reserve(want("o2", 5), want("o1", 5), want("o3", 9)) // o1 waits
		other.stock("A", "N2", 5)
		other.nodes[1].Inactive = false
		again := want("o1", 2)
		again.Key, again.KeepsAge, again.Priority = "more", true, -1
		other.reserve(again)
		if got := other.has("o1"); got["N2"] != 5 || got[""] != 2 {
			t.Errorf("%s: o1 has %v, want that its lower priority comes after what waits", name, got)
		}
	}
}

// What was given back whole lends its age to nothing, and what was short does.
func TestWhichAgeIsKept(t *testing.T) {
	for name, test := range map[string]struct {
		lose func(t *testing.T, w *world)
		old  bool
	}{
		"short": {func(t *testing.T, w *world) { t.Helper(); w.post(t, true, report(5, 0, 5, 0)) }, true},
		"given back whole": {func(_ *testing.T, w *world) {
			w.cancel(domain.Cancellation{Key: "c", Order: "o1", ReservationKey: "reserve o1"})
		}, false},
		"given back for the time being": {func(_ *testing.T, w *world) {
			w.cancel(domain.Cancellation{Key: "c", Order: "o1", KeepsAge: true, Lines: []domain.CancelLine{{Line: 1, Node: "N1", Quantity: 5}}})
		}, true},
		"gave up waiting for the time being": {func(t *testing.T, w *world) {
			t.Helper()
			if err := w.adjust(domain.Adjustment{StockKey: domain.StockKey{SKU: "A", Node: "N1"}, Quantity: -5, Reason: "COUNT", OccurredAt: now}); err != nil {
				t.Fatal(err)
			}
			w.cancel(domain.Cancellation{Key: "c", Order: "o1", KeepsAge: true, Lines: []domain.CancelLine{{Line: 1, Quantity: 5}}})
		}, true},
	} {
		w := stocked(5, "N1")
		w.reserve(want("o1", 5), want("o2", 6))
		test.lose(t, w)
		again := anew("o1", 5)
		again.GivesBack = nil
		if outcome := w.reserve(again)[0]; outcome.Returned != nil {
			t.Errorf("%s: %+v was given back", name, outcome.Returned)
		}
		w.stock("A", "N1", 1)
		if got := w.has("o1")["N1"] == 1; got != test.old {
			t.Errorf("%s: o1 has %v, o2 %v", name, w.has("o1"), w.has("o2"))
		}
	}
}

func TestRefusedGivesNothingBack(t *testing.T) {
	w := stocked(5, "N1", "N2")
	w.reserve(want("o1", 5), want("o2", 2))
	short, unknown := anew("o1", 5), anew("o1", 5)
	short.Shortage = domain.Refuse
	unknown.Key, unknown.Refusal = "unknown", &domain.Refusal{Reason: domain.ReasonUnknownItem}
	for _, outcome := range w.reserve(short, unknown) {
		if outcome.Refusal == nil || outcome.Returned != nil {
			t.Errorf("%+v, want it refused and nothing given back", outcome)
		}
	}
	w.wantHeld(t, "o1", map[domain.NodeID]int64{"N1": 5})
	w.stock("A", "N2", 2)
	short.Key = "again"
	if outcome := w.reserve(short)[0]; outcome.Refusal != nil || outcome.Returned == nil {
		t.Errorf("%+v, want it granted", outcome)
	}
	w.wantHeld(t, "o1", map[domain.NodeID]int64{"N2": 5})
}

// More than there is to give back is no error, and nothing of another order is given back.
func TestGivesBackWhatTheOrderHas(t *testing.T) {
	w := stocked(9, "N1")
	w.reserve(want("o1", 2), want("o2", 7))
	again := anew("o1", 2)
	again.GivesBack[0].Quantity = 9
	got := w.reserve(again)[0].Returned
	if diff := cmp.Diff([]domain.CancelLine{{Line: 1, Node: "N1", Quantity: 2}}, got.GivenBack); diff != "" {
		t.Error(diff)
	}
	w.wantHeld(t, "o1", map[domain.NodeID]int64{"": 2})
	w.wantHeld(t, "o2", map[domain.NodeID]int64{"N1": 7})
}
