package order

import (
	"fmt"
	"sync"
	"testing"

	"google.golang.org/protobuf/proto"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/fault"
)

func another(req *orderv1.SubmitOrderRequest, requestID string, change func(*orderv1.SubmitOrderRequest)) *orderv1.SubmitOrderRequest {
	clone := proto.Clone(req).(*orderv1.SubmitOrderRequest)
	clone.RequestId = requestID
	change(clone)
	return clone
}

// The same control numbers are the same request id: no business effect.
func TestDuplicate850SameControlNumbers(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 100)
	req := request(want{"ITEM-1", 5})
	first := w.submit(req)
	for range 3 {
		if got := w.submit(another(req, req.GetRequestId(), func(*orderv1.SubmitOrderRequest) {})); got.GetOrderId() != first.GetOrderId() {
			t.Errorf("order %s, want %s again", got.GetOrderId(), first.GetOrderId())
		}
	}
	if got := w.count(`SELECT count(*) FROM sales_order`); got != 1 || len(w.inventory.asked) != 1 {
		t.Errorf("%d orders, %d reservations, want one", got, len(w.inventory.asked))
	}
}

// New control numbers under one number and release: the same content is the order that exists, another one is held and
// never merged.
func TestDuplicate850NewControlNumbers(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 100)
	req := request(want{"ITEM-1", 5})
	req.OnDuplicate = orderv1.OnDuplicate_ON_DUPLICATE_HOLD
	first := w.submit(req)
	same := another(req, "resent", func(r *orderv1.SubmitOrderRequest) { r.OnDuplicate = orderv1.OnDuplicate_ON_DUPLICATE_REFUSE })
	if got := w.submit(same); got.GetOrderId() != first.GetOrderId() {
		t.Errorf("the same content is order %s, want %s", got.GetOrderId(), first.GetOrderId())
	}
	more := func(r *orderv1.SubmitOrderRequest) { r.Lines[0].Quantity.Value = "6" }
	held := w.submit(another(req, "changed", more))
	if held.GetOrderId() == first.GetOrderId() || held.GetStatus() != orderv1.OrderStatus_ORDER_STATUS_HELD ||
		held.GetHolds()[0].GetType() != orderv1.HoldType_HOLD_TYPE_DUPLICATE || held.GetDuplicateOf() != first.GetOrderId() {
		t.Fatalf("%v, want another order that is held as a duplicate", held)
	}
	if got := w.submit(another(req, "changed and resent", more)); got.GetOrderId() != held.GetOrderId() {
		t.Errorf("the copy resent is order %s, want %s", got.GetOrderId(), held.GetOrderId())
	}
	refused := another(req, "third", func(r *orderv1.SubmitOrderRequest) {
		r.Lines[0].Quantity.Value, r.OnDuplicate = "7", orderv1.OnDuplicate_ON_DUPLICATE_UNSPECIFIED
	})
	if _, err := w.client.SubmitOrder(t.Context(), refused); fault.ReasonOf(err) != "DUPLICATE_ORDER" {
		t.Errorf("%v, want DUPLICATE_ORDER by default", err)
	}
	w.settle()
	if got := w.get(first).GetLines()[0].GetOrdered(); got != "5" {
		t.Errorf("the first order has %s, want it untouched", got)
	}
	w.verify()
	if got := w.lift(held, orderv1.HoldType_HOLD_TYPE_DUPLICATE); got.GetState() != orderv1.OrderState_ORDER_STATE_ACCEPTED {
		t.Errorf("state %v after the hold was lifted", got.GetState())
	}
	w.settle()
	w.verify()
}

func TestBlanketOrderReleasesAreOrdersOfTheirOwn(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 100)
	req := request(want{"ITEM-1", 5})
	req.ReleaseNumber = "1"
	first := w.submit(req)
	second := w.submit(another(req, "release 2", func(r *orderv1.SubmitOrderRequest) { r.ReleaseNumber, r.Lines[0].Quantity.Value = "2", "9" }))
	if first.GetOrderId() == second.GetOrderId() || second.GetReleaseNumber() != "2" || second.GetState() != orderv1.OrderState_ORDER_STATE_ACCEPTED {
		t.Errorf("%v, want an order of its own", second)
	}
	if got := w.submit(another(req, "release 1 again", func(*orderv1.SubmitOrderRequest) {})); got.GetOrderId() != first.GetOrderId() {
		t.Errorf("release 1 again is %s, want %s", got.GetOrderId(), first.GetOrderId())
	}
}

// Webhooks arrive twice, and side by side: one order is created.
func TestWebhooksArriveTwiceAndOneOrderIsCreated(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 100)
	req := request(want{"ITEM-1", 5})
	ids := make([]string, 16)
	var group sync.WaitGroup
	for i := range ids {
		group.Go(func() {
			reply, err := w.client.SubmitOrder(t.Context(), another(req, fmt.Sprint("delivery ", i/2), func(r *orderv1.SubmitOrderRequest) {
				r.OnDuplicate = orderv1.OnDuplicate_ON_DUPLICATE_HOLD
			}))
			if err != nil {
				t.Error(err)
			}
			ids[i] = reply.GetOrder().GetOrderId()
		})
	}
	group.Wait()
	for _, got := range ids {
		if got != ids[0] {
			t.Errorf("orders %s and %s", got, ids[0])
		}
	}
	if got := w.count(`SELECT count(*) FROM sales_order`); got != 1 {
		t.Errorf("%d orders", got)
	}
}

func TestTwoLinesWithOneSKUShareWhatThereIs(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 7)
	order := w.submit(request(want{"ITEM-1", 5}, want{"item-1", 5}))
	w.settle()
	order = w.get(order)
	if order.GetLines()[0].GetReleased() != "5" || order.GetLines()[1].GetReleased() != "2" || order.GetLines()[1].GetBackordered() != "3" {
		t.Errorf("%v, want 5 and 2 of 7", order.GetLines())
	}
	kill := request(want{"ITEM-2", 5}, want{"ITEM-2", 5})
	kill.FulfillmentPolicy = orderv1.FulfillmentPolicy_FULFILLMENT_POLICY_FILL_OR_KILL
	w.inventory.AddStock("ITEM-2", "LEEDS", 7)
	if got := w.submit(kill); got.GetState() != orderv1.OrderState_ORDER_STATE_REJECTED {
		t.Errorf("%v, want both lines together refused", got)
	}
	w.verify()
}

func TestSubmitOrdersDecidesEachAlone(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 1000)
	batch := &orderv1.SubmitOrdersRequest{}
	for range 300 {
		batch.Orders = append(batch.Orders, request(want{"ITEM-1", 1}))
	}
	batch.Orders[3].Lines[0].Sku = "NUT"
	batch.Orders[4].RequestId = "" // breaks a rule of the contract
	batch.Orders[5] = another(batch.GetOrders()[0], "other", func(r *orderv1.SubmitOrderRequest) { r.Lines[0].Quantity.Value = "2" })
	batch.Orders[6] = another(batch.GetOrders()[0], batch.GetOrders()[0].GetRequestId(), func(*orderv1.SubmitOrderRequest) {})
	batch.Orders[7] = another(batch.GetOrders()[0], "held", func(r *orderv1.SubmitOrderRequest) {
		r.Lines[0].Quantity.Value, r.OnDuplicate = "3", orderv1.OnDuplicate_ON_DUPLICATE_HOLD
	})
	for range 2 { // a repeat has the same outcomes
		reply, err := w.client.SubmitOrders(t.Context(), proto.Clone(batch).(*orderv1.SubmitOrdersRequest))
		if err != nil || len(reply.GetOutcomes()) != len(batch.GetOrders()) {
			t.Fatalf("%d outcomes, %v", len(reply.GetOutcomes()), err)
		}
		wrong := map[int]string{3: "UNKNOWN_ITEM lines[0].sku", 4: "INVALID_REQUEST request_id", 5: "DUPLICATE_ORDER external_order_id"}
		for i, outcome := range reply.GetOutcomes() {
			told, want := outcome.GetError(), wrong[i]
			switch {
			case want != "" && (told == nil || told.GetReason()+" "+told.GetFields()[0].GetField() != want || told.GetRetryable()):
				t.Errorf("order %d: %v, want %s", i, outcome, want)
			case want == "" && i != 7 && outcome.GetOrder().GetState() != orderv1.OrderState_ORDER_STATE_ACCEPTED:
				t.Errorf("order %d: %v, want it accepted", i, outcome)
			case outcome.GetRequestId() != batch.GetOrders()[i].GetRequestId():
				t.Errorf("order %d: request id %q", i, outcome.GetRequestId())
			}
		}
		if got := reply.GetOutcomes()[6].GetOrder().GetOrderId(); got != reply.GetOutcomes()[0].GetOrder().GetOrderId() {
			t.Errorf("a repeat inside the batch is %s", got)
		}
		if got := reply.GetOutcomes()[7].GetOrder(); got.GetDuplicateOf() != reply.GetOutcomes()[0].GetOrder().GetOrderId() {
			t.Errorf("%v, want it held as a duplicate of the first", got)
		}
		if told := reply.GetOutcomes()[3].GetError(); told.GetCode() != "INVALID_ARGUMENT" {
			t.Errorf("code %s", told.GetCode())
		}
	}
	if got := w.count(`SELECT count(*) FROM sales_order`); got != 296 {
		t.Errorf("%d orders, want 296", got)
	}
	// One of them may be repeated alone.
	alone := w.submit(proto.Clone(batch.GetOrders()[9]).(*orderv1.SubmitOrderRequest))
	if alone.GetExternalOrderId() != batch.GetOrders()[9].GetExternalOrderId() || w.count(`SELECT count(*) FROM sales_order`) != 296 {
		t.Errorf("%v, want the order of the batch", alone)
	}
	w.settle()
	w.verify()
}
