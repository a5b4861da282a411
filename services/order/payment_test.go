package order

import (
	"context"
	"testing"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
)

func (f *fakeBilling) AuthorizePayment(
	_ context.Context, req *billingv1.AuthorizePaymentRequest,
) (*billingv1.AuthorizePaymentResponse, error) {
	return troubled(f.troubles, "AuthorizePayment", func() *billingv1.AuthorizePaymentResponse {
		f.mu.Lock()
		defer f.mu.Unlock()
		reply := &billingv1.AuthorizePaymentResponse{}
		for _, want := range req.GetAuthorizations() {
			if f.payments[want.GetKey()] == nil {
				reason := ""
				if f.decline != nil {
					reason = f.decline(want)
				}
				if f.voided[want.GetKey()] {
					reason = "UNDONE"
				}
				f.payments[want.GetKey()] = &billingv1.PaymentAuthorizationOutcome{
					Outcome: &billingv1.PaymentAuthorizationOutcome_PaymentId{PaymentId: "pay_" + want.GetKey()},
				}
				if reason != "" {
					f.payments[want.GetKey()].Outcome = &billingv1.PaymentAuthorizationOutcome_Refusal{Refusal: refuse(reason)}
				}
			}
			reply.Outcomes = append(reply.Outcomes, f.payments[want.GetKey()])
		}
		return reply
	})
}

func (f *fakeBilling) VoidPayment(_ context.Context, req *billingv1.VoidPaymentRequest) (*billingv1.VoidPaymentResponse, error) {
	return troubled(f.troubles, "VoidPayment", func() *billingv1.VoidPaymentResponse {
		f.mu.Lock()
		defer f.mu.Unlock()
		for _, want := range req.GetVoids() {
			f.voided[want.GetKey()] = true
		}
		return &billingv1.VoidPaymentResponse{VoidedMinor: make([]int64, len(req.GetVoids()))}
	})
}

// authorized counts the payments that were authorised and not given up.
func (f *fakeBilling) authorized() (standing int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for key, outcome := range f.payments {
		if outcome.GetPaymentId() != "" && !f.voided[key] {
			standing++
		}
	}
	return standing
}

func prepaidRequest(wants ...want) *orderv1.SubmitOrderRequest {
	req := request(wants...)
	req.PaymentMethod = &orderv1.PaymentMethod{Provider: "sandbox", Token: "tok"}
	return req
}

// A declined payment holds the order and keeps its stock; lifting the hold asks for the payment again.
func TestPaymentDeclinedAtAcceptanceKeepsTheReservation(t *testing.T) {
	w := newWorld(t)
	asked := int64(0)
	w.billing.decline = func(want *billingv1.PaymentAuthorization) string {
		asked = want.GetAmountMinor()
		return "PAYMENT_DECLINED"
	}
	w.inventory.AddStock("ITEM-1", "LEEDS", 5)
	order := w.submit(prepaidRequest(want{"ITEM-1", 5}, want{"ITEM-2", 2}))
	if order.GetState() != orderv1.OrderState_ORDER_STATE_HELD || order.GetHolds()[0].GetReason() != "PAYMENT_DECLINED" || asked != 7*250 {
		t.Fatalf("order %v after %d minor units were asked for, want it held", order, asked)
	}
	w.settle()
	w.verify() // the stock is kept, the credit is not
	if other := w.submit(request(want{"ITEM-1", 5})); other.GetLines()[0].GetBackordered() != "5" {
		t.Errorf("line %v, want that it waits: the stock is kept", other.GetLines()[0])
	}
	w.inventory.AddStock("ITEM-2", "YORK", 2) // arrives while it is held
	w.settle()
	w.verify()
	if got, err := w.releaseHold(order, "r1"); err != nil || got.GetState() != orderv1.OrderState_ORDER_STATE_HELD {
		t.Errorf("%v, %v, want it held again: it is still declined", got, err)
	}
	w.settle()
	w.billing.decline = nil
	if got, err := w.releaseHold(order, "r2"); err != nil || got.GetState() != orderv1.OrderState_ORDER_STATE_ACCEPTED {
		t.Fatalf("%v, %v, want it accepted", got, err)
	}
	w.settle()
	w.verify()
	got := w.get(order)
	if a, b := got.GetLines()[0], got.GetLines()[1]; a.GetReleased() != "5" || b.GetReleased() != "2" {
		t.Errorf("lines %v and %v, want what was kept released", a, b)
	}
	w.cancel(order)
	w.settle()
	w.wantStatus(order, orderv1.OrderStatus_ORDER_STATUS_CANCELLED)
	if got := w.billing.authorized(); got != 0 {
		t.Errorf("%d payments stand although the order is cancelled", got)
	}
	w.verify()
}

func TestPaymentIsGivenUpWhenTheOrderIsNotAccepted(t *testing.T) {
	w := newWorld(t)
	w.billing.refuse = func(*billingv1.CreditClaim) string { return "CREDIT_LIMIT" }
	w.inventory.AddStock("ITEM-1", "LEEDS", 5)
	order := w.submit(prepaidRequest(want{"ITEM-1", 5}))
	w.settle()
	if got := w.billing.authorized(); got != 0 {
		t.Errorf("%d payments stand although the order is held", got)
	}
	w.verify()
	w.billing.refuse = nil
	w.billing.decline = func(*billingv1.PaymentAuthorization) string { return "PAYMENT_DECLINED" }
	if _, err := w.releaseHold(order, "r1"); err != nil {
		t.Fatal(err)
	}
	w.settle()
	w.verify()
	w.cancel(order) // what was kept goes back
	w.settle()
	w.wantStatus(order, orderv1.OrderStatus_ORDER_STATUS_CANCELLED)
	w.verify()
	if other := w.submit(request(want{"ITEM-1", 5})); other.GetLines()[0].GetBackordered() != "0" {
		t.Errorf("line %v, want the stock free", other.GetLines()[0])
	}
}
