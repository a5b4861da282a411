package inventory

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
)

func TestCancelServesWhatWaits(t *testing.T) {
	w := newWorld(t)
	w.stock("A", "N1", "5")
	urgent := request("ord_urgent", 2)
	urgent.Priority = 1
	outcomes := w.reserve(request("ord_1", 5), request("ord_2", 2), request("ord_3", 3), urgent)
	cancellation := &inventoryv1.ReservationCancellation{Key: "ord_1/cancel/1", OrderId: "ord_1", Reason: "CHANGED_MIND"}
	got := w.cancel(cancellation, cancellation)
	want := &inventoryv1.ReservationCancellationOutcome{
		GivenBack: []*inventoryv1.ReservationCancellationLine{{LineNumber: 1, NodeId: "N1", Quantity: 5}},
	}
	for _, outcome := range append(got, w.cancel(cancellation)...) {
		if diff := cmp.Diff(want, outcome, protocmp.Transform()); diff != "" {
			t.Error(diff)
		}
	}
	arrived := map[string]int64{}
	for _, event := range toldOf[*inventoryv1.ReservationReserved](w) {
		if event.GetCause() == inventoryv1.ReservationCause_RESERVATION_CAUSE_STOCK_ARRIVED {
			for _, line := range event.GetLines() {
				arrived[event.GetOrderId()] += line.GetAllocations()[0].GetQuantity()
			}
		}
	}
	if diff := cmp.Diff(map[string]int64{"ord_urgent": 2, "ord_2": 2, "ord_3": 1}, arrived); diff != "" {
		t.Error(diff)
	}
	wantTold := &inventoryv1.ReservationCancelled{
		ReservationId: outcomes[0].GetReservation().GetReservationId(), OrderId: "ord_1", Reason: "CHANGED_MIND",
		Changes: []*inventoryv1.ReservationChange{{LineNumber: 1, Sku: "A", NodeId: "N1", Quantity: 5}},
	}
	if diff := cmp.Diff([]*inventoryv1.ReservationCancelled{wantTold}, toldOf[*inventoryv1.ReservationCancelled](w), protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

func TestCancelWhatWaitsThenWhatDoesNot(t *testing.T) {
	w := newWorld(t)
	w.stock("A", "N1", "2")
	w.reserve(request("ord_1", 5))
	ask := func(key, node string, quantity int64) int64 {
		outcome := w.cancel(&inventoryv1.ReservationCancellation{Key: key, OrderId: "ord_1", Lines: []*inventoryv1.ReservationCancellationLine{
			{LineNumber: 1, NodeId: node, Quantity: quantity},
		}})[0]
		var total int64
		for _, line := range outcome.GetGivenBack() {
			if line.GetNodeId() != node {
				t.Errorf("asked for %q, got %v", node, outcome)
			}
			total += line.GetQuantity()
		}
		return total
	}
	if got := ask("c1", "", 4); got != 3 {
		t.Errorf("%d gave up waiting, want the 3 that waited", got)
	}
	if got := ask("c2", "N1", 1); got != 1 {
		t.Errorf("%d given back, want 1", got)
	}
	if got := ask("c3", "N2", 1); got != 0 {
		t.Errorf("%d given back where nothing was", got)
	}
	if got := w.balance("A", "N1").GetReserved(); got != 1 {
		t.Errorf("%d reserved, want 1", got)
	}
}

func TestUndoneBeforeItWasSeen(t *testing.T) {
	w := newWorld(t)
	w.stock("A", "N1", "5")
	late := request("ord_1", 5)
	undo := &inventoryv1.ReservationCancellation{Key: "undo", OrderId: "ord_1", ReservationKey: late.GetKey()}
	again := &inventoryv1.ReservationCancellation{Key: "undo again", OrderId: "ord_1", ReservationKey: late.GetKey()}
	for _, outcome := range w.cancel(undo, again, undo) {
		if len(outcome.GetGivenBack()) > 0 {
			t.Errorf("given back %v", outcome)
		}
	}
	if got := w.reserve(late)[0].GetRefusal().GetReason(); got != "UNDONE" {
		t.Errorf("refused with %q, want UNDONE", got)
	}
	w.cancel(again)
	if got := w.balance("A", "N1").GetReserved(); got != 0 {
		t.Errorf("%d reserved", got)
	}
	if told := toldOf[*inventoryv1.ReservationReserved](w); len(told) > 0 {
		t.Errorf("told %v", told)
	}
}

func TestUndoGivesBackOneReservation(t *testing.T) {
	w := newWorld(t)
	w.stock("A", "N1", "10")
	second := request("ord_1", 3)
	second.Key = "ord_1/reserve/2"
	w.reserve(request("ord_1", 2), second)
	w.cancel(&inventoryv1.ReservationCancellation{Key: "undo", OrderId: "ord_1", ReservationKey: second.GetKey()})
	if got := w.balance("A", "N1").GetReserved(); got != 2 {
		t.Errorf("%d reserved, want 2", got)
	}
}
