package fulfillment_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	wmsv1 "github.com/waybill-dev/waybill/gen/waybill/connector/wms/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/fault"
)

var errDown = fault.New(fault.Unavailable, "DOWN", "the warehouse's system is down")

// down makes every call to the warehouse fail.
func (w *world) down() {
	w.warehouse.behave(func(f *fakeWarehouse) {
		f.send = func(*wmsv1.SendFulfillmentsRequest) (*wmsv1.SendFulfillmentsResponse, error) { return nil, errDown }
		f.cancel = func() error { return errDown }
	})
}

// called waits for the first call to the warehouse.
func (w *world) called() {
	w.t.Helper()
	w.eventually("the warehouse is called", func() bool { return len(w.warehouse.calls()) > 0 })
}

func (w *world) up() {
	w.warehouse.behave(func(f *fakeWarehouse) { f.send, f.cancel = nil, nil })
}

func TestCancelBeforeTheHandOver(t *testing.T) {
	w := newWorld(t, idle)
	id := w.create(order("a", 5, -1))
	for range 2 {
		if got := w.cancel("a"); got != cancelled {
			t.Errorf("state %s", got)
		}
	}
	w.restart()
	other := w.sent(order("b", 1))
	if w.warehouse.timesSent(id) != 0 || w.warehouse.timesCancelled(id) != 0 || w.warehouse.timesSent(other) != 1 {
		t.Error("the warehouse heard of an order that was cancelled")
	}
	if diff := cmp.Diff(map[string][]string{id: {"created", "cancelled"}, other: {"created", "sent"}}, w.told(4)); diff != "" {
		t.Error(diff)
	}
	w.sound()
}

func TestCancelAsksTheWarehouse(t *testing.T) {
	w := newWorld(t)
	id := w.sent(order("a", 5))
	if got := w.cancel("a"); got != cancelRequested {
		t.Fatalf("state %s", got)
	}
	w.eventually("the warehouse is asked", func() bool { return w.warehouse.timesCancelled(id) > 0 })
	if got := w.get(id).GetState(); got != cancelRequested {
		t.Errorf("state %s", got)
	}
	w.answer(id, true)
	w.answer(id, true)
	if got := w.get(id); got.GetState() != cancelled || got.GetLines()[0].GetCancelled() != 5 {
		t.Errorf("order %v", got)
	}
	if diff := cmp.Diff(map[string][]string{id: {"created", "sent", "cancelled"}}, w.told(3)); diff != "" {
		t.Error(diff)
	}
	w.sound()
}

func TestCancelIsRefusedByTheWarehouse(t *testing.T) {
	w := newWorld(t)
	id := w.sent(order("a", 5))
	w.cancel("a")
	w.answer(id, false)
	if got := w.cancel("a"); got != sent {
		t.Errorf("state %s", got)
	}
	w.ship(shipment(id, "w1", 5))
	if got := w.get(id).GetState(); got != closed {
		t.Errorf("state %s", got)
	}
	told := w.told(5)
	if diff := cmp.Diff([]string{"created", "sent", "cancel_refused", "closed"}, told[id]); diff != "" {
		t.Error(diff)
	}
	w.sound()
}

func TestCancelOfAnUnseenKeyLeavesAMark(t *testing.T) {
	w := newWorld(t)
	for range 2 {
		if got := w.cancel("late"); got != fulfillmentv1.FulfillmentState_FULFILLMENT_STATE_UNSPECIFIED {
			t.Errorf("state %s", got)
		}
	}
	for range 2 {
		if got := w.createAll(order("late", 1))[0].GetRefusal().GetReason(); got != "UNDONE" {
			t.Errorf("refusal %q", got)
		}
	}
	w.sound()
}

// A call to the warehouse that failed may have reached it: the order is not cancelled without asking, and it is never
// handed over after the request to stop.
func TestCancelWhileTheWarehouseIsDown(t *testing.T) {
	w := newWorld(t)
	w.down()
	id := w.create(order("a", 5))
	w.called()
	if got := w.cancel("a"); got != cancelRequested {
		t.Fatalf("state %s", got)
	}
	w.up()
	w.eventually("the warehouse is asked to stop", func() bool { return w.warehouse.timesCancelled(id) > 0 })
	w.answer(id, true)
	if w.warehouse.timesSent(id) != 0 {
		t.Error("the order was handed over after the request to stop it")
	}
	if got := w.get(id).GetState(); got != cancelled {
		t.Errorf("state %s", got)
	}
	w.sound()
}

// While the warehouse's system is down, what it has never heard of is cancelled at once.
func TestCancelWhatTheWarehouseNeverHeardOf(t *testing.T) {
	w := newWorld(t, failuresLast)
	w.down()
	w.create(order("first", 1))
	w.called()
	id := w.create(order("second", 1))
	if got := w.cancel("second"); got != cancelled {
		t.Errorf("state %s", got)
	}
	if got := w.get(id).GetLines()[0].GetCancelled(); got != 1 {
		t.Errorf("%d cancelled", got)
	}
	w.sound()
}

// Cancel and the last shipment race: whoever is first wins, and nothing is both shipped and cancelled.
func TestCancelAgainstShipment(t *testing.T) {
	w := newWorld(t)
	for round := range 10 {
		key := fmt.Sprint("race-", round)
		id := w.sent(order(key, 5))
		w.cancel(key)
		errs := make(chan error, 2)
		go func() {
			_, err := w.reports.RecordShipment(t.Context(), &fulfillmentv1.RecordShipmentRequest{
				Shipments: []*fulfillmentv1.ShipmentReport{shipment(id, "w-"+key, 3)},
			})
			errs <- err
		}()
		go func() {
			_, err := w.reports.RecordCancellation(t.Context(), &fulfillmentv1.RecordCancellationRequest{
				Reports: []*fulfillmentv1.CancellationReport{{FulfillmentId: id, Accepted: true}},
			})
			errs <- err
		}()
		if err := errors.Join(<-errs, <-errs); err != nil {
			t.Fatal(err)
		}
		line := w.get(id).GetLines()[0]
		if got := w.get(id).GetState(); got != cancelled || line.GetShipped()+line.GetCancelled() != 5 {
			t.Errorf("%s with %v", got, line)
		}
	}
	w.sound()
}
