package order

import (
	"testing"

	"google.golang.org/grpc"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/rpc"
)

const manual = orderv1.HoldType_HOLD_TYPE_MANUAL

func (w *world) placeHold(order *orderv1.Order, kind orderv1.HoldType) *orderv1.Order {
	w.t.Helper()
	reply, err := w.client.PlaceHold(w.t.Context(), &orderv1.PlaceHoldRequest{
		RequestId: "hold-" + kind.String() + order.GetOrderId(), OrderId: order.GetOrderId(), Type: kind, Reason: "let us look",
	})
	if err != nil {
		w.t.Fatalf("PlaceHold: %v", err)
	}
	return reply.GetOrder()
}

func (w *world) liftHold(order *orderv1.Order, kind orderv1.HoldType) *orderv1.Order {
	w.t.Helper()
	reply, err := w.client.ReleaseHold(w.t.Context(), &orderv1.ReleaseHoldRequest{
		RequestId: "lift-" + kind.String() + order.GetOrderId(), OrderId: order.GetOrderId(), Type: kind, Reason: "looked at",
	})
	if err != nil {
		w.t.Fatalf("ReleaseHold: %v", err)
	}
	return reply.GetOrder()
}

// A hold on an accepted order stops what would follow and nothing that has happened.
func TestHoldOnAnAcceptedOrderKeepsWhatIsPromised(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 5)
	w.inventory.AddStock("ITEM-2", "YORK", 1)
	order := w.submit(request(want{"ITEM-1", 5}, want{"ITEM-2", 2}))
	w.settle()
	held := w.placeHold(order, manual)
	if hold := held.GetHolds()[0]; held.GetStatus() != orderv1.OrderStatus_ORDER_STATUS_HELD || hold.GetActor() == "" || hold.GetMessage() != "let us look" {
		t.Errorf("order %v, want it held by somebody", held)
	}
	w.placeHold(order, orderv1.HoldType_HOLD_TYPE_FRAUD)
	w.inventory.AddStock("ITEM-2", "HULL", 1)
	w.inventory.AddStock("ITEM-1", "HULL", 9)
	w.short(w.orderTo("LEEDS"), 1, 2)
	w.ship(w.orderTo("LEEDS"), map[int32]int64{1: 3})
	w.settle()
	got := w.get(order)
	if a, b := got.GetLines()[0], got.GetLines()[1]; a.GetShipped() != "3" || a.GetOpen() != "2" || b.GetReserved() != "1" {
		t.Errorf("lines %v and %v, want 3 shipped, 2 not looked for, what arrived set aside and not handed over", a, b)
	}
	w.verify()
	for kind, want := range map[orderv1.HoldType]int{manual: 1, orderv1.HoldType_HOLD_TYPE_CREDIT: 0, 0: 1} {
		reply, err := w.client.ListOrders(t.Context(), &orderv1.ListOrdersRequest{Filter: &orderv1.OrderFilter{HoldType: kind}})
		if err != nil || len(reply.GetOrders()) != want {
			t.Errorf("%d orders held by %v (%v), want %d", len(reply.GetOrders()), kind, err, want)
		}
	}
	w.liftHold(order, manual)
	w.settle()
	if w.get(order).GetLines()[0].GetOpen() != "2" {
		t.Error("it goes on although a hold stands")
	}
	w.liftHold(order, orderv1.HoldType_HOLD_TYPE_FRAUD)
	w.settle()
	w.shipAll()
	w.settle()
	got = w.wantStatus(order, orderv1.OrderStatus_ORDER_STATUS_INVOICED)
	if past := got.GetLiftedHolds(); len(past) != 2 || past[0].GetHold().GetType() != manual || past[0].GetLiftReason() != "looked at" ||
		past[0].GetLiftedBy() == "" {
		t.Errorf("lifted holds %v", past)
	}
	w.verify()
}

func TestHeldOrderIsDecidedWhenItsLastHoldIsLifted(t *testing.T) {
	w := newWorld(t)
	w.billing.refuse = func(*billingv1.CreditClaim) string { return "CREDIT_LIMIT" }
	w.inventory.AddStock("ITEM-1", "LEEDS", 5)
	order := w.submit(request(want{"ITEM-1", 5}))
	w.placeHold(order, orderv1.HoldType_HOLD_TYPE_COMPLIANCE)
	w.placeHold(order, orderv1.HoldType_HOLD_TYPE_CREDIT) // stands already
	if got := w.liftHold(order, orderv1.HoldType_HOLD_TYPE_CREDIT); got.GetState() != orderv1.OrderState_ORDER_STATE_HELD || len(got.GetHolds()) != 1 {
		t.Errorf("%v, want it held for compliance", got)
	}
	if got := w.liftHold(order, orderv1.HoldType_HOLD_TYPE_COMPLIANCE); got.GetState() != orderv1.OrderState_ORDER_STATE_ACCEPTED {
		t.Errorf("state %v, want ACCEPTED", got.GetState())
	}
	w.settle()
	w.shipAll()
	w.settle()
	_, err := w.client.PlaceHold(t.Context(), &orderv1.PlaceHoldRequest{RequestId: "x", OrderId: order.GetOrderId(), Type: manual, Reason: "r"})
	if fault.ReasonOf(err) != "ORDER_ENDED" {
		t.Errorf("error %v, want ORDER_ENDED", err)
	}
}

// Who may decide on a hold depends on its kind.
func TestEachHoldHasItsScope(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 50)
	gateway := orderv1.NewOrderServiceClient(serve(t, rpc.Gateway, func(on grpc.ServiceRegistrar) { w.service.Register(on) }))
	for number := range orderv1.HoldType_name {
		kind := orderv1.HoldType(number)
		if kind == 0 {
			continue
		}
		order := w.submit(request(want{"ITEM-1", 1}))
		scope := "orders.holds." + map[orderv1.HoldType]string{
			1: "credit", 2: "price", 3: "duplicate", 4: "address", 5: "item", 6: "compliance", 7: "fraud", 8: "stale_data", 9: "manual",
		}[kind]
		for i, test := range []struct {
			scopes []string
			reason string
		}{{[]string{"orders.write"}, "HOLD_DENIED"}, {[]string{"orders.write", scope}, ""}, {[]string{"orders.write", "orders.holds"}, ""}} {
			ctx := rpc.WithIdentity(t.Context(), rpc.Identity{Service: rpc.Gateway, Principal: "ann", Scopes: test.scopes})
			_, err := gateway.PlaceHold(ctx, &orderv1.PlaceHoldRequest{
				RequestId: kind.String() + test.reason + string(rune('a'+i)), OrderId: order.GetOrderId(), Type: kind, Reason: "r",
			})
			if fault.ReasonOf(err) != test.reason {
				t.Errorf("%v with %v: %v, want %q", kind, test.scopes, err, test.reason)
			}
		}
		held := w.get(order)
		if held.GetHolds()[0].GetActor() != "ann" {
			t.Errorf("hold %v, want that it names ann", held.GetHolds()[0])
		}
	}
}
