package fulfillment_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
)

// counted are what a line of an order to a warehouse counts: picked, packed, shipped, shorted, cancelled.
func (w *world) counted(id string) [5]int64 {
	w.t.Helper()
	line := w.get(id).GetLines()[0]
	return [5]int64{line.GetPicked(), line.GetPacked(), line.GetShipped(), line.GetShorted(), line.GetCancelled()}
}

// Ten asked, seven found and shipped: three are told as short, once, however the reports come.
func TestShortPickTellsWhatIsMissing(t *testing.T) {
	w := newWorld(t)
	ful := w.sent(order("a", 10))
	w.ship(shipment(ful, "w1", 7)) // overtakes the pick that it implies
	for range 2 {
		w.pick(ful, &fulfillmentv1.PickLine{LineNumber: 1, Picked: 7, Packed: 7, Shorted: 3})
	}
	if got := w.counted(ful); got != [5]int64{7, 7, 7, 3, 0} {
		t.Errorf("counted %v", got)
	}
	if diff := cmp.Diff([]string{"created", "sent", "shorted", "closed"}, w.told(5)[ful]); diff != "" {
		t.Error(diff)
	}
	w.sound()
}

// A place that will not do an order, or not the rest of it, frees what remains, so that it is looked for elsewhere.
func TestNodeRejectionFreesTheRestForOtherPlaces(t *testing.T) {
	w := newWorld(t)
	whole, rest := w.sent(order("a", 5)), w.sent(order("b", 5))
	w.ship(shipment(rest, "w1", 2))
	for _, ful := range []string{whole, rest} {
		if reason := w.acknowledge(ful, true); reason != "" {
			t.Errorf("refused: %s", reason)
		}
	}
	if got := w.counted(whole); got != [5]int64{0, 0, 0, 0, 5} {
		t.Errorf("rejected whole: %v", got)
	}
	if got := w.counted(rest); got != [5]int64{2, 2, 2, 0, 3} {
		t.Errorf("rejected in part: %v", got)
	}
	told := w.told(7)
	for _, ful := range []string{whole, rest} {
		if diff := cmp.Diff([]string{"created", "sent", "rejected"}, told[ful]); diff != "" {
			t.Error(diff)
		}
	}
	w.sound()
}

// A cancelled fulfilment gives back all that was not shipped: before the hand-over, and when the warehouse has agreed.
func TestCancelledFulfilmentGivesTheRestBack(t *testing.T) {
	w := newWorld(t)
	ful := w.sent(order("a", 5))
	w.ship(shipment(ful, "w1", 2))
	w.cancel("a")
	w.answer(ful, true)
	if got := w.counted(ful); got != [5]int64{2, 2, 2, 0, 3} {
		t.Errorf("stopped: %v", got)
	}
	w.ship(shipment(ful, "w2", 1)) // confirmed all the same
	if got := w.counted(ful); got != [5]int64{2, 2, 2, 0, 3} {
		t.Errorf("after an unplanned shipment: %v", got)
	}
	if diff := cmp.Diff([]string{"created", "sent", "cancelled"}, w.told(5)[ful]); diff != "" {
		t.Error(diff)
	}
	w.sound()
}

// A shipment names its order to one place, and counts there alone: the other place's part of the sales order stays as it is, and so
// does a number that both use.
func TestShippingFromOnePlaceTouchesNoOther(t *testing.T) {
	w := newWorld(t, idle)
	leeds, york := order("a", 5), order("b", 5)
	york.NodeId, york.OrderId = "YORK", leeds.GetOrderId()
	one, other := w.create(leeds), w.create(york)
	w.ship(shipment(one, "1", 5))
	if got := w.counted(other); got != [5]int64{} {
		t.Errorf("the other place counts %v", got)
	}
	second := w.ship(shipment(other, "1", 3))[0].GetShipmentId()
	if got := w.shipment(second); got.GetNodeId() != "YORK" || got.GetFulfillmentId() != other {
		t.Errorf("shipment %v", got)
	}
	w.sound()
}
