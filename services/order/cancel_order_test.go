package order

import (
	"testing"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/fault"
)

func (w *world) cancel(order *orderv1.Order, lines ...*orderv1.CancelLine) *orderv1.CancelOrderResponse {
	w.t.Helper()
	reply, err := w.client.CancelOrder(w.t.Context(), &orderv1.CancelOrderRequest{
		RequestId: "cancel-" + order.GetOrderId(), OrderId: order.GetOrderId(), Reason: "changed my mind", Lines: lines,
	})
	if err != nil {
		w.t.Fatalf("CancelOrder: %v", err)
	}
	return reply
}

func (w *world) wantStatus(order *orderv1.Order, want orderv1.OrderStatus) *orderv1.Order {
	w.t.Helper()
	order = w.get(order)
	if order.GetStatus() != want {
		w.t.Errorf("status %v, want %v: %v", order.GetStatus(), want, order)
	}
	return order
}

func TestCancelWhatIsWithTheWarehouse(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 100)
	order := w.submit(request(want{"ITEM-1", 5}, want{"FREIGHT", 1}))
	w.settle()

	reply := w.cancel(order)
	if got := reply.GetOutcomes()[0]; got.GetRequested() != "5" || got.GetCancelled() != "0" {
		t.Errorf("outcome %v, want 5 requested of the warehouse", got)
	}
	w.settle()
	w.wantStatus(order, orderv1.OrderStatus_ORDER_STATUS_CANCELLED)
	w.verify()
	if again := w.cancel(order); again.GetOutcomes()[0].GetRequested() != "5" ||
		again.GetOrder().GetStatus() != orderv1.OrderStatus_ORDER_STATUS_CANCELLED {
		t.Errorf("a repeat got %v, want the first outcomes and the present order", again)
	}
}

func TestTheWarehouseWillNotStop(t *testing.T) {
	w := newWorld(t)
	w.fulfillment.stopAtOnce = false
	w.inventory.AddStock("ITEM-1", "LEEDS", 100)
	order := w.submit(request(want{"ITEM-1", 5}))
	w.settle()
	w.cancel(order)
	w.settle()
	w.shipAll() // a shipment wins
	w.settle()
	order = w.wantStatus(order, orderv1.OrderStatus_ORDER_STATUS_INVOICED)
	if got := order.GetLines()[0].GetShipped(); got != "5" {
		t.Errorf("shipped %s, want 5", got)
	}
	if got := w.cancel2(order).GetOutcomes()[0]; got.GetRefused() != "5" || got.GetRefusedReason() != "ALREADY_SHIPPED" {
		t.Errorf("outcome %v, want 5 refused as shipped", got)
	}
	w.verify()
}

// cancel2 cancels with another request id than cancel.
func (w *world) cancel2(order *orderv1.Order, lines ...*orderv1.CancelLine) *orderv1.CancelOrderResponse {
	w.t.Helper()
	reply, err := w.client.CancelOrder(w.t.Context(), &orderv1.CancelOrderRequest{
		RequestId: "cancel2-" + order.GetOrderId(), OrderId: order.GetOrderId(), Reason: "again", Lines: lines,
	})
	if err != nil {
		w.t.Fatalf("CancelOrder: %v", err)
	}
	return reply
}

func TestCancelOneOfTwoLinesWithTheWarehouse(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 100)
	w.inventory.AddStock("ITEM-2", "LEEDS", 100)
	order := w.submit(request(want{"ITEM-1", 5}, want{"ITEM-2", 4}))
	w.settle()
	w.cancel(order, &orderv1.CancelLine{LineNumber: 1, Quantity: "2"})
	w.settle()
	// The whole of it was stopped; what is still wanted went to the warehouse again.
	order = w.wantStatus(order, orderv1.OrderStatus_ORDER_STATUS_RELEASED)
	if a, b := order.GetLines()[0], order.GetLines()[1]; a.GetCancelled() != "2" || a.GetReleased() != "3" || b.GetReleased() != "4" {
		t.Errorf("lines %v and %v, want 2 cancelled, 3 and 4 released", a, b)
	}
	w.verify()
	w.shipAll()
	w.settle()
	w.wantStatus(order, orderv1.OrderStatus_ORDER_STATUS_INVOICED)
	w.verify()
}

func TestCancelWhileItIsDecided(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 100)
	w.troubles.set(func(method string) trouble {
		if method == "ClaimCredit" {
			return notDone
		}
		return none
	})
	req := request(want{"ITEM-1", 5}, want{"ITEM-2", 5})
	req.Wait = noWait
	order := w.submit(req)
	if order.GetState() != orderv1.OrderState_ORDER_STATE_RECEIVED {
		t.Fatalf("state %v, want RECEIVED", order.GetState())
	}
	part := w.submit(func() *orderv1.SubmitOrderRequest { r := request(want{"ITEM-1", 5}); r.Wait = noWait; return r }())
	w.cancel(part, &orderv1.CancelLine{LineNumber: 1, Quantity: "3"})
	if got := w.cancel(order).GetOrder().GetStatus(); got != orderv1.OrderStatus_ORDER_STATUS_CANCELLED {
		t.Errorf("status %v, want CANCELLED at once", got)
	}
	w.troubles.set(nil)
	w.settle()
	w.wantStatus(order, orderv1.OrderStatus_ORDER_STATUS_CANCELLED)
	part = w.wantStatus(part, orderv1.OrderStatus_ORDER_STATUS_RELEASED)
	if got := part.GetLines()[0]; got.GetCancelled() != "3" || got.GetReleased() != "2" {
		t.Errorf("line %v, want 3 cancelled and 2 released", got)
	}
	w.verify()
}

func TestCancelBackordered(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 2)
	order := w.submit(request(want{"ITEM-1", 5}))
	w.settle()
	w.wantStatus(order, orderv1.OrderStatus_ORDER_STATUS_RELEASED)
	// Stock arrives in the same moment: its event has not come when the order is cancelled.
	w.inventory.AddStock("ITEM-1", "YORK", 2)
	reply := w.cancel(order, &orderv1.CancelLine{LineNumber: 1, Quantity: "3"})
	if got := reply.GetOutcomes()[0]; got.GetCancelled() != "3" {
		t.Errorf("outcome %v, want 3 cancelled", got)
	}
	w.settle()
	w.verify()
}

func TestCancelRefusesNonsense(t *testing.T) {
	w := newWorld(t)
	order := w.submit(request(want{"ITEM-1", 5}))
	ask := func(change func(*orderv1.CancelOrderRequest)) error {
		req := &orderv1.CancelOrderRequest{RequestId: "c-" + t.Name(), OrderId: order.GetOrderId(), Reason: "r"}
		change(req)
		_, err := w.client.CancelOrder(t.Context(), req)
		return err
	}
	for _, test := range []struct {
		name, reason string
		change       func(*orderv1.CancelOrderRequest)
	}{
		{"another etag", "ETAG_MISMATCH", func(r *orderv1.CancelOrderRequest) { r.Etag = "77" }},
		{"no such order", "ORDER_NOT_FOUND", func(r *orderv1.CancelOrderRequest) { r.OrderId = "ord_0198c3a1-0000-7000-8000-000000000000" }},
		{"no id", "ORDER_NOT_FOUND", func(r *orderv1.CancelOrderRequest) { r.OrderId = "x" }},
		{"no such line", "LINE_UNKNOWN", func(r *orderv1.CancelOrderRequest) { r.Lines = []*orderv1.CancelLine{{LineNumber: 2}} }},
		{"too many", "QUANTITY_TOO_LARGE", func(r *orderv1.CancelOrderRequest) {
			r.Lines = []*orderv1.CancelLine{{LineNumber: 1, Quantity: "6"}}
		}},
		{"half a piece", "UOM_NOT_DIVISIBLE", func(r *orderv1.CancelOrderRequest) {
			r.Lines = []*orderv1.CancelLine{{LineNumber: 1, Quantity: "0.5"}}
		}},
		{"a line twice", "LINE_TWICE", func(r *orderv1.CancelOrderRequest) {
			r.Lines = []*orderv1.CancelLine{{LineNumber: 1, Quantity: "1"}, {LineNumber: 1, Quantity: "1"}}
		}},
	} {
		if got := fault.ReasonOf(ask(test.change)); got != test.reason {
			t.Errorf("%s: reason %q, want %q", test.name, got, test.reason)
		}
	}
}
