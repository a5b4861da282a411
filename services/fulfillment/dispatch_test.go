package fulfillment_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	wmsv1 "github.com/waybill-dev/waybill/gen/waybill/connector/wms/v1"
	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/databasetest"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/services/fulfillment"
)

func TestDispatchTriesAgain(t *testing.T) {
	w := newWorld(t)
	w.down()
	id := w.create(order("a", 1))
	w.eventually("several calls", func() bool { return len(w.warehouse.calls()) > 3 })
	if got := w.get(id).GetState(); got != created {
		t.Errorf("state %s", got)
	}
	w.up()
	w.until(id, sent)
	w.sound()
}

func TestDispatchRefusedByTheWarehouse(t *testing.T) {
	w := newWorld(t)
	w.warehouse.behave(func(f *fakeWarehouse) {
		f.send = func(req *wmsv1.SendFulfillmentsRequest) (*wmsv1.SendFulfillmentsResponse, error) {
			reply := &wmsv1.SendFulfillmentsResponse{}
			for _, one := range req.GetFulfillments() {
				outcome := &wmsv1.SendOutcome{}
				if one.GetOrderId() == "ord_bad" {
					outcome.Refusal = &commonv1.Refusal{Reason: "HAZARDOUS"}
				}
				reply.Outcomes = append(reply.Outcomes, outcome)
			}
			return reply, nil
		}
	})
	outcomes := w.createAll(order("bad", 5), order("good", 5))
	bad, good := outcomes[0].GetFulfillmentId(), outcomes[1].GetFulfillmentId()
	w.until(bad, rejected)
	w.until(good, sent)
	if diff := cmp.Diff(map[string][]string{bad: {"created", "rejected"}, good: {"created", "sent"}}, w.told(4)); diff != "" {
		t.Error(diff)
	}
	w.sound()
}

// One order that the warehouse's system chokes on keeps no other from being handed over.
func TestDispatchPoisonStandsAlone(t *testing.T) {
	for name, choked := range map[string]error{
		"unsound": fault.New(fault.Invalid, "CHOKED", "cannot read the order"),
		"crashed": fault.New(fault.Internal, "CRASHED", "nil pointer in the adapter"),
	} {
		t.Run(name, func(t *testing.T) { poisonStandsAlone(t, choked) })
	}
}

func poisonStandsAlone(t *testing.T, choked error) {
	t.Helper()
	w := newWorld(t, idle, failuresLast)
	w.warehouse.behave(func(f *fakeWarehouse) {
		f.send = func(req *wmsv1.SendFulfillmentsRequest) (*wmsv1.SendFulfillmentsResponse, error) {
			reply := &wmsv1.SendFulfillmentsResponse{}
			for _, one := range req.GetFulfillments() {
				if one.GetOrderId() == "ord_poison" {
					return nil, choked
				}
				reply.Outcomes = append(reply.Outcomes, &wmsv1.SendOutcome{})
			}
			return reply, nil
		}
	})
	poison := w.create(order("poison", 1))
	var ids []string
	for i := range 9 {
		ids = append(ids, w.create(order(fmt.Sprint(i), 1)))
	}
	w.restart()
	for _, id := range ids {
		w.until(id, sent)
		if got := w.warehouse.timesSent(id); got != 1 {
			t.Errorf("handed over %d times", got)
		}
	}
	if got := w.get(poison).GetState(); got != created {
		t.Errorf("state %s", got)
	}
	if w.queued() != 1 {
		t.Errorf("%d rows are queued, want the poison alone", w.queued())
	}
}

// While a warehouse's system is down, few orders at a time are risked on it.
func TestDispatchProbes(t *testing.T) {
	w := newWorld(t)
	w.down()
	w.create(order("first", 1))
	w.eventually("the warehouse is called", func() bool { return len(w.warehouse.calls()) > 0 })
	var orders []*fulfillmentv1.FulfillmentRequest
	for i := range 40 {
		orders = append(orders, order(fmt.Sprint(i), 1))
	}
	outcomes := w.createAll(orders...)
	w.eventually("several more calls", func() bool { return len(w.warehouse.calls()) > 6 })
	if most := slices.Max(w.warehouse.calls()); most > 16 || most < 2 {
		t.Errorf("calls of %v orders", w.warehouse.calls())
	}
	w.up()
	for _, outcome := range outcomes {
		w.until(outcome.GetFulfillmentId(), sent)
	}
	w.eventually("the queue is empty", func() bool { return w.queued() == 0 })
}

// failuresLast is a world in which nothing that failed is tried again while the test runs.
func failuresLast(w *world) {
	w.config.Dispatch.FirstDelay, w.config.Dispatch.MaxDelay = time.Hour, time.Hour
}

// A service that died with orders in its queue, or in the middle of a call, leaves them to the next one.
func TestDispatchGoesOnAfterACrash(t *testing.T) {
	w := newWorld(t)
	reached, release := make(chan struct{}), make(chan struct{})
	w.warehouse.behave(func(f *fakeWarehouse) {
		f.send = func(*wmsv1.SendFulfillmentsRequest) (*wmsv1.SendFulfillmentsResponse, error) {
			close(reached)
			<-release
			return nil, errDown
		}
	})
	during := w.create(order("during", 1))
	<-reached
	waiting := w.create(order("waiting", 1))
	close(release)
	w.stop()
	w.up()
	w.start()
	w.until(during, sent)
	w.until(waiting, sent)
	w.sound()
}

func TestDispatchTellsLateReportsNothingAgain(t *testing.T) {
	w := newWorld(t, idle)
	id := w.create(order("a", 1))
	w.acknowledge(id, false) // the warehouse had it before a crash
	w.restart()
	other := w.sent(order("b", 1))
	if w.warehouse.timesSent(id) != 0 || w.warehouse.timesSent(other) != 1 {
		t.Error("an order that the warehouse has confirmed was handed over again")
	}
	if got := w.get(id).GetState(); got != fulfillmentv1.FulfillmentState_FULFILLMENT_STATE_ACKNOWLEDGED {
		t.Errorf("state %s", got)
	}
	w.sound()
}

func TestConfigIsChecked(t *testing.T) {
	db := databasetest.New(t, fulfillment.Migrations)
	for name, config := range map[string]fulfillment.Config{
		"writers": {Writers: -1},
		"batch":   {Dispatch: fulfillment.DispatchConfig{Batch: 1001}},
		"delays":  {Dispatch: fulfillment.DispatchConfig{FirstDelay: time.Minute}},
		"poll":    {Dispatch: fulfillment.DispatchConfig{Poll: -1}},
	} {
		if _, err := fulfillment.New(fulfillment.Deps{DB: db}, config); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
