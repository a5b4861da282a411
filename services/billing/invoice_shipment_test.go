package billing

import (
	"testing"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/internal/fault"
)

// A shipment of which the fact did not come is invoiced by command, once, whenever the fact comes after all.
func TestShipmentsAreInvoicedByCommand(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	order := priced("ACME", "10")
	request := &billingv1.InvoiceShipmentRequest{Shipment: shipped(order, 1, 10).GetShipment()}
	if _, err := w.service.InvoiceShipment(t.Context(), request); fault.KindOf(err) != fault.Precondition || fault.ReasonOf(err) != "ORDER_UNKNOWN" {
		t.Errorf("before its order: %v", err)
	}
	w.granted(order)
	one := shipped(order, 1, 10)
	request.Shipment = one.GetShipment()
	for turn, want := range []bool{true, false} {
		reply, err := w.service.InvoiceShipment(t.Context(), request)
		if err != nil || reply.GetDrafted() != want {
			t.Errorf("turn %d: %v, %v", turn, reply, err)
		}
	}
	w.ship(one)
	w.run(w.service)
	w.allIssued(1)
	if n := w.count("invoice"); n != 1 {
		t.Errorf("%d invoices", n)
	}
	w.wantCredit("ACME", 12_000, 0, 0)
	w.holds()
}

// What a provider has reserved for an order is given up by command, whatever its key is; a repeat gives up nothing more.
func TestPaymentsOfAnOrderAreVoided(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	order, other := byCard("ok", "10"), byCard("ok", "10")
	for _, one := range []string{w.authorize(order), w.authorize(other)} {
		if one != "" {
			t.Fatalf("refused: %s", one)
		}
	}
	w.run(w.service)
	w.eventually("both are authorised", func() bool {
		return w.intent(order).GetState() == billingv1.PaymentIntentState_PAYMENT_INTENT_STATE_AUTHORIZED &&
			w.intent(other).GetState() == billingv1.PaymentIntentState_PAYMENT_INTENT_STATE_AUTHORIZED
	})
	request := &billingv1.VoidOrderPaymentsRequest{OrderId: order.GetOrderId()}
	if reply, err := w.service.VoidOrderPayments(t.Context(), request); err != nil || reply.GetVoidedMinor() != 12_000 {
		t.Errorf("%v, %v", reply, err)
	}
	if _, err := w.service.VoidOrderPayments(t.Context(), request); err != nil {
		t.Errorf("again: %v", err)
	}
	w.eventually("the one is given up", func() bool {
		return w.intent(order).GetState() == billingv1.PaymentIntentState_PAYMENT_INTENT_STATE_VOIDED
	})
	if got := w.intent(other).GetState(); got != billingv1.PaymentIntentState_PAYMENT_INTENT_STATE_AUTHORIZED {
		t.Errorf("the other order's payment is %s", got)
	}
	if _, err := w.service.VoidOrderPayments(t.Context(), &billingv1.VoidOrderPaymentsRequest{OrderId: "x"}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("no order: %v", err)
	}
	w.holds()
}
