package fulfillment_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
)

const (
	created         = fulfillmentv1.FulfillmentState_FULFILLMENT_STATE_CREATED
	sent            = fulfillmentv1.FulfillmentState_FULFILLMENT_STATE_SENT
	inProgress      = fulfillmentv1.FulfillmentState_FULFILLMENT_STATE_IN_PROGRESS
	closed          = fulfillmentv1.FulfillmentState_FULFILLMENT_STATE_CLOSED
	rejected        = fulfillmentv1.FulfillmentState_FULFILLMENT_STATE_REJECTED
	cancelRequested = fulfillmentv1.FulfillmentState_FULFILLMENT_STATE_CANCEL_REQUESTED
	cancelled       = fulfillmentv1.FulfillmentState_FULFILLMENT_STATE_CANCELLED
)

func TestCreateHandsOver(t *testing.T) {
	w := newWorld(t)
	id := w.sent(order("a", 5, -2))
	w.warehouse.mu.Lock()
	lines := w.warehouse.sent[id][0].GetLines()
	w.warehouse.mu.Unlock()
	if len(lines) != 1 || lines[0].GetRequested() != 5 {
		t.Errorf("the warehouse got %v, want the goods alone", lines)
	}
	if diff := cmp.Diff(map[string][]string{id: {"created", "sent"}}, w.told(2)); diff != "" {
		t.Error(diff)
	}
	w.sound()
}

func TestCreateIsOneOrderPerKey(t *testing.T) {
	w := newWorld(t)
	first := w.createAll(order("a", 5), order("a", 7), order("b", 1))
	again := w.createAll(order("a", 5))
	if id := first[0].GetFulfillmentId(); id == "" || first[1].GetFulfillmentId() != id || again[0].GetFulfillmentId() != id {
		t.Errorf("ids %v, then %v", first, again)
	}
	if got := w.get(first[0].GetFulfillmentId()).GetLines()[0].GetRequested(); got != 5 {
		t.Errorf("the repeat asks for %d", got)
	}
	w.sound()
}

// Callers that race with the same keys get the same orders, and each order is made once.
func TestCreateConcurrently(t *testing.T) {
	w := newWorld(t)
	const callers, orders = 6, 20
	ids := make([][]*fulfillmentv1.FulfillmentOutcome, callers)
	var group sync.WaitGroup
	for caller := range callers {
		group.Go(func() {
			var set []*fulfillmentv1.FulfillmentRequest
			for i := range orders {
				set = append(set, order(fmt.Sprint((i+caller*3)%orders), 1))
			}
			ids[caller] = w.createAll(set...)
		})
	}
	group.Wait()
	for caller := range callers {
		for i := range orders {
			if got, want := ids[caller][i].GetFulfillmentId(), ids[0][(i+caller*3)%orders].GetFulfillmentId(); got != want || got == "" {
				t.Fatalf("caller %d, order %d: %q, want %q", caller, i, got, want)
			}
		}
	}
	w.sound()
}

func TestCreateRefusesAlone(t *testing.T) {
	w := newWorld(t)
	nowhere := order("nowhere", 1)
	nowhere.NodeId = ""
	outcomes := w.createAll(order("a", 1), nowhere, order("b", 1))
	if got := outcomes[1].GetRefusal().GetReason(); got != "NODE_REQUIRED" {
		t.Errorf("refusal %q", got)
	}
	if outcomes[0].GetFulfillmentId() == "" || outcomes[2].GetFulfillmentId() == "" {
		t.Errorf("outcomes %v", outcomes)
	}
}

func TestCreateServicesAlone(t *testing.T) {
	w := newWorld(t)
	services := order("services", -2, -1)
	services.NodeId = ""
	id := w.create(services)
	if got := w.get(id); got.GetState() != closed || got.GetLines()[0].GetShipped() != 2 {
		t.Errorf("order %v", got)
	}
	w.create(services)
	if lines := w.shippedLines(); len(lines) != 2 {
		t.Errorf("shipped %v", lines)
	}
	told := w.told(3)
	if diff := cmp.Diff([]string{"created", "closed"}, told[id]); diff != "" || len(told) != 2 {
		t.Errorf("told %v", told)
	}
	if w.warehouse.timesSent(id) != 0 {
		t.Error("a warehouse was told of services")
	}
	w.sound()
}
