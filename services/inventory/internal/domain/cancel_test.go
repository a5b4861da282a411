package domain_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
)

func TestCancelServesWhatWaits(t *testing.T) {
	w := stocked(5, "N1")
	w.reserve(want("o1", 5), want("o2", 3), want("o3", 3))
	got := w.cancel(domain.Cancellation{Key: "c1", Order: "o1"})
	wanted := []domain.Cancelled{{GivenBack: []domain.CancelLine{{Line: 1, Node: "N1", Quantity: 5}}}}
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Error(diff)
	}
	if w.claimOf("o2", 1, "N1").Remaining != 3 || w.claimOf("o3", 1, "N1").Remaining != 2 {
		t.Errorf("o2 %+v, o3 %+v", w.claimOf("o2", 1, "N1"), w.claimOf("o3", 1, "N1"))
	}
	var kinds []domain.EventKind
	for _, event := range w.told[3:] {
		kinds = append(kinds, event.Kind)
	}
	if diff := cmp.Diff([]domain.EventKind{domain.EventGivenBack, domain.EventStockArrived, domain.EventStockArrived}, kinds); diff != "" {
		t.Error(diff)
	}
	again := w.cancel(domain.Cancellation{Key: "c1", Order: "o1"})
	if diff := cmp.Diff(wanted, again); diff != "" {
		t.Errorf("a repeat: %s", diff)
	}
	if err := w.broken(); err != nil {
		t.Error(err)
	}
}

func TestCancelByLine(t *testing.T) {
	w := stocked(5, "N1")
	w.reserve(want("o1", 3, 4)) // line 2: two are there, two wait
	second := want("o1", 4)
	second.Key = "round 2"
	w.reserve(second) // line 1 again: all wait
	got := w.cancel(domain.Cancellation{Key: "c1", Order: "o1", Lines: []domain.CancelLine{
		{Line: 2, Node: "N1", Quantity: 1}, {Line: 2, Quantity: 9}, {Line: 1, Quantity: 3}, {Line: 3, Node: "N1", Quantity: 1},
	}})
	wanted := []domain.CancelLine{{Line: 1, Quantity: 3}, {Line: 2, Quantity: 2}, {Line: 2, Node: "N1", Quantity: 1}}
	if diff := cmp.Diff(wanted, got[0].GivenBack); diff != "" {
		t.Error(diff)
	}
	// The unit that became free went to what still waited: line 1 in round 2.
	if len(w.demand) != 0 || w.balances[atN1].Reserved != 5 {
		t.Errorf("demand %v, balance %+v", w.demand, w.balances[atN1])
	}
	if err := w.broken(); err != nil {
		t.Error(err)
	}
}

func TestCancelTakesWhatIsNotPickedFirst(t *testing.T) {
	w := stocked(20, "N1")
	w.reserve(want("o1", 5))
	second := want("o1", 5)
	second.Key = "round 2"
	w.reserve(second)
	w.post(t, true, report(10, 7, 0, 0))
	w.cancel(domain.Cancellation{Key: "c1", Order: "o1", Lines: []domain.CancelLine{{Line: 1, Node: "N1", Quantity: 3}}})
	if got := w.balances[atN1]; got.Picked != 7 || got.Reserved != 7 {
		t.Errorf("balance %+v", got)
	}
	w.cancel(domain.Cancellation{Key: "c2", Order: "o1", Lines: []domain.CancelLine{{Line: 1, Node: "N1", Quantity: 3}}})
	if got := w.balances[atN1]; got.Picked != 4 || got.Reserved != 4 {
		t.Errorf("what was picked goes back on the shelf: %+v", got)
	}
}

func TestUndoneBeforeItWasSeen(t *testing.T) {
	w := stocked(5, "N1")
	late := want("o1", 5)
	got := w.cancel(domain.Cancellation{Key: "undo", Order: "o1", ReservationKey: late.Key})
	if len(got[0].GivenBack) != 0 {
		t.Errorf("given back %+v", got)
	}
	if outcome := w.reserve(late)[0]; outcome.Refusal == nil || outcome.Refusal.Reason != domain.ReasonUndone {
		t.Errorf("outcome %+v", outcome)
	}
	if got := w.balances[atN1].Reserved; got != 0 {
		t.Errorf("%d reserved", got)
	}
	w.cancel(domain.Cancellation{Key: "undo again", Order: "o1", ReservationKey: late.Key})
}

func TestUndoOneOfTwo(t *testing.T) {
	w := stocked(20, "N1")
	first, second := want("o1", 5), want("o1", 3)
	second.Key = "round 2"
	w.reserve(first, second)
	w.cancel(domain.Cancellation{Key: "undo", Order: "o1", ReservationKey: "round 2"})
	if got := w.balances[atN1].Reserved; got != 5 {
		t.Errorf("%d reserved, want 5", got)
	}
	w.cancel(domain.Cancellation{Key: "stranger", Order: "o2", ReservationKey: first.Key})
	if got := w.balances[atN1].Reserved; got != 5 {
		t.Errorf("an order gave back what belongs to another: %d reserved", got)
	}
}

func TestAdjustAllOrNothing(t *testing.T) {
	w := stocked(5, "N1", "N2")
	w.reserve(want("o1", 3))
	w.post(t, true, report(3, 3, 0, 0))
	adjustment := func(node domain.NodeID, quantity int64) domain.Adjustment {
		return domain.Adjustment{StockKey: domain.StockKey{SKU: "A", Node: node}, Quantity: quantity, Reason: "COUNT", OccurredAt: now}
	}
	err := w.adjust(adjustment("N2", 5), adjustment("N1", -2), adjustment("N1", -1))
	refused, ok := fault.As(err)
	if !ok || refused.Reason != domain.ReasonNegativeAvailable || refused.Fields[0].Path != "adjustments[2].quantity" {
		t.Fatalf("error %v", err)
	}
	if w.balances[atN1].OnHand != 5 || w.balances[domain.StockKey{SKU: "A", Node: "N2"}].OnHand != 5 {
		t.Errorf("balances %+v", w.balances)
	}
	if err := w.adjust(adjustment("N1", 1), adjustment("N1", -3)); err != nil {
		t.Errorf("one after the other: %v", err)
	}
	if err := w.adjust(adjustment("N1", 1<<62)); fault.ReasonOf(err) != domain.ReasonTooLarge {
		t.Errorf("error %v", err)
	}
	if err := w.broken(); err != nil {
		t.Error(err)
	}
}

// TestTakingAwayRevokes: stock that is not there cannot be promised, whoever says so.
func TestTakingAwayRevokes(t *testing.T) {
	w := stocked(10, "N1", "N2")
	urgent := want("urgent", 2)
	urgent.Priority = 1
	w.reserve(urgent, want("older", 3), want("newer", 3)) // all in N1: two are free
	inHand := report(2, 1, 0, 0)
	inHand.Report.Order = "urgent"
	w.post(t, true, inHand)
	gone := domain.Adjustment{StockKey: atN1, Quantity: -7, Reason: "DAMAGED", OccurredAt: now}
	if err := w.adjust(gone); err != nil {
		t.Fatal(err)
	}
	remaining := func(order domain.OrderID) int64 { return w.claimOf(order, 1, "N1").Remaining }
	if remaining("urgent") != 2 || remaining("older") != 1 || remaining("newer") != 0 {
		t.Errorf("urgent %d, older %d, newer %d", remaining("urgent"), remaining("older"), remaining("newer"))
	}
	if got := w.balances[atN1]; got.OnHand != 3 || got.Reserved != 3 {
		t.Errorf("balance %+v", got)
	}
	w.serve() // N2 has stock for both
	if len(w.demand) != 0 || w.claimOf("newer", 1, "N2").Remaining != 3 {
		t.Errorf("revoked demand waits beside stock: %v", w.demand)
	}
	gone.Quantity = -3
	if err := w.adjust(gone); fault.ReasonOf(err) != domain.ReasonNegativeAvailable {
		t.Errorf("%v, want it refused: a picker has one in hand", err)
	}
	if err := w.broken(); err != nil {
		t.Error(err)
	}
}
