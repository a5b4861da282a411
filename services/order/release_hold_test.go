package order

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/fault"
)

var noWait = durationpb.New(0)

func (w *world) releaseHold(order *orderv1.Order, request string) (*orderv1.Order, error) {
	w.t.Helper()
	reply, err := w.client.ReleaseHold(w.t.Context(), &orderv1.ReleaseHoldRequest{
		RequestId: request, OrderId: order.GetOrderId(), Type: orderv1.HoldType_HOLD_TYPE_CREDIT, Reason: "good customer",
		Wait: durationpb.New(20 * time.Second),
	})
	return reply.GetOrder(), err
}

func TestCreditHoldAndItsRelease(t *testing.T) {
	w := newWorld(t)
	w.billing.refuse = func(*billingv1.CreditClaim) string { return "CREDIT_LIMIT" }
	w.inventory.AddStock("ITEM-1", "LEEDS", 10)
	order := w.submit(request(want{"ITEM-1", 5}))
	if order.GetState() != orderv1.OrderState_ORDER_STATE_HELD || order.GetHolds()[0].GetReason() != "CREDIT_LIMIT" {
		t.Fatalf("%v with %v, want HELD for CREDIT_LIMIT", order.GetState(), order.GetHolds())
	}
	w.settle()
	w.verify() // nothing is kept while it is held
	if _, err := w.releaseHold(w.submit(request(want{"ITEM-1", 1})), "other"); err != nil {
		t.Fatal(err)
	}
	order, err := w.releaseHold(order, "r1")
	if err != nil || order.GetState() != orderv1.OrderState_ORDER_STATE_ACCEPTED {
		t.Fatalf("%v %v, want ACCEPTED", order.GetState(), err)
	}
	for _, request := range []string{"r1", "r2"} {
		if again, err := w.releaseHold(order, request); err != nil || again.GetState() != orderv1.OrderState_ORDER_STATE_ACCEPTED {
			t.Errorf("a repeat got %v, %v", again.GetState(), err)
		}
	}
	w.settle()
	w.verify()
}

// The hold is lifted while the reservation is still being taken back.
func TestHoldLiftedBeforeAllIsTakenBack(t *testing.T) {
	w := newWorld(t)
	w.billing.refuse = func(*billingv1.CreditClaim) string { return "CREDIT_STOP" }
	w.troubles.set(func(method string) trouble {
		if method == "CancelReservation" {
			return notDone
		}
		return none
	})
	w.inventory.AddStock("ITEM-1", "LEEDS", 5)
	order := w.submit(request(want{"ITEM-1", 5}))
	if order.GetState() != orderv1.OrderState_ORDER_STATE_HELD {
		t.Fatalf("state %v, want HELD", order.GetState())
	}
	_, err := w.client.ReleaseHold(t.Context(), &orderv1.ReleaseHoldRequest{
		RequestId: "r", OrderId: order.GetOrderId(), Type: orderv1.HoldType_HOLD_TYPE_CREDIT, Reason: "r", Wait: noWait,
	})
	if err != nil {
		t.Fatal(err)
	}
	w.troubles.set(nil)
	w.eventually("it is accepted", func() bool { return w.get(order).GetState() == orderv1.OrderState_ORDER_STATE_ACCEPTED })
	w.settle()
	w.wantStatus(order, orderv1.OrderStatus_ORDER_STATUS_RELEASED)
	w.verify()
}

func TestLiftingAHoldThatNeverStood(t *testing.T) {
	w := newWorld(t)
	w.inventory.AddStock("ITEM-1", "LEEDS", 5)
	order := w.submit(request(want{"ITEM-1", 5}))
	if _, err := w.releaseHold(order, "r"); fault.ReasonOf(err) != "NOT_HELD" {
		t.Errorf("error %v, want NOT_HELD", err)
	}
}
