package billing

import (
	"testing"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
)

// Without a provider a payment is refused, never granted and never an error that is tried again.
func TestPaymentsWithoutAProviderAreRefused(t *testing.T) {
	w := newWorld(t)
	reply, err := w.client.AuthorizePayment(t.Context(), &billingv1.AuthorizePaymentRequest{Authorizations: []*billingv1.PaymentAuthorization{{
		Key: "k", OrderId: priced("ACME", "1").GetOrderId(), AccountId: "ACME", CurrencyCode: "GBP", AmountMinor: 1000,
		Method: &orderv1.PaymentMethod{Provider: "sandbox", Token: "tok_ok"},
	}}})
	if err != nil || len(reply.GetOutcomes()) != 1 || reply.GetOutcomes()[0].GetRefusal().GetReason() != "PROVIDER_UNKNOWN" {
		t.Errorf("%v, %v", reply, err)
	}
	voided, err := w.client.VoidPayment(t.Context(), &billingv1.VoidPaymentRequest{Voids: []*billingv1.PaymentVoid{{Key: "k"}, {Key: "l"}}})
	if err != nil || len(voided.GetVoidedMinor()) != 2 || voided.GetVoidedMinor()[0] != 0 {
		t.Errorf("%v, %v", voided, err)
	}
}
