package billing

import (
	"testing"
	"time"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
	"github.com/waybill-dev/waybill/internal/fault"
)

// byCard makes an order that a provider pays.
func byCard(token string, prices ...string) *orderv1.PricedOrder {
	order := priced("ACME", prices...)
	order.PaymentMethod = &orderv1.PaymentMethod{Provider: "bank", Token: token}
	return reprice(order)
}

func authorizationOf(key string, order *orderv1.PricedOrder) *billingv1.AuthorizePaymentRequest {
	return &billingv1.AuthorizePaymentRequest{Authorizations: []*billingv1.PaymentAuthorization{{
		Key: key, OrderId: order.GetOrderId(), AccountId: order.GetAccountId(), CurrencyCode: order.GetCurrencyCode(),
		AmountMinor: order.GetNetTotalMinor(), Method: order.GetPaymentMethod(),
	}}}
}

// authorize asks for the payment of an order under its id and returns the reason of the refusal, if any.
func (w *world) authorize(order *orderv1.PricedOrder) string {
	w.t.Helper()
	reply, err := w.client.AuthorizePayment(w.t.Context(), authorizationOf("accept/"+order.GetOrderId(), order))
	if err != nil {
		w.t.Fatal(err)
	}
	w.holds()
	return reply.GetOutcomes()[0].GetRefusal().GetReason()
}

func (w *world) voidKey(key string) int64 {
	w.t.Helper()
	reply, err := w.client.VoidPayment(w.t.Context(), &billingv1.VoidPaymentRequest{Voids: []*billingv1.PaymentVoid{{Key: key}}})
	if err != nil {
		w.t.Fatal(err)
	}
	return reply.GetVoidedMinor()[0]
}

// intent is the only payment of an order by a provider, with its operations.
func (w *world) intent(order *orderv1.PricedOrder) *billingv1.PaymentIntent {
	w.t.Helper()
	list, err := w.service.ListPaymentIntents(w.t.Context(), &billingv1.ListPaymentIntentsRequest{OrderId: order.GetOrderId()})
	if err != nil || len(list.GetPaymentIntents()) != 1 {
		w.t.Fatalf("%v, %v", list, err)
	}
	one, err := w.service.GetPaymentIntent(w.t.Context(), &billingv1.GetPaymentIntentRequest{
		PaymentIntentId: list.GetPaymentIntents()[0].GetPaymentIntentId(),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return one.GetPaymentIntent()
}

// wantIntent waits until the payment of an order stands so.
func (w *world) wantIntent(order *orderv1.PricedOrder, state string, captured, voided, refunded int64) {
	w.t.Helper()
	w.eventually("the payment is "+state, func() bool {
		intent := w.intent(order)
		return intent.GetState().String() == "PAYMENT_INTENT_STATE_"+state && intent.GetCaptured().GetMinorUnits() == captured &&
			intent.GetVoided().GetMinorUnits() == voided && intent.GetRefunded().GetMinorUnits() == refunded
	})
	w.holds()
}

// wantSecured says by how much authorised payments lower the exposure, and what that is.
func (w *world) wantSecured(secured, exposure int64) {
	w.t.Helper()
	reply, err := w.service.GetCreditStatus(w.t.Context(), &billingv1.GetCreditStatusRequest{AccountId: "ACME"})
	if err != nil {
		w.t.Fatal(err)
	}
	if got := reply.GetStatus(); got.GetSecuredMinor() != secured || got.GetExposureMinor() != exposure {
		w.t.Errorf("%d secured, exposure %d; want %d, %d", got.GetSecuredMinor(), got.GetExposureMinor(), secured, exposure)
	}
}

// §1.9: S, valid authorisations, lowers the exposure: an order that a provider pays needs no credit.
func TestAuthorizedPaymentsLowerTheExposure(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", func(a *masterdataAccount) { a.CreditLimitMinor = 5_000 })
	order := byCard("card", "10") // 100.00 and 20.00 of tax
	if reasons := w.claim(claimOf("c", order)); reasons[0] != "" {
		t.Fatalf("an order that a provider pays is refused for its amount: %s", reasons[0])
	}
	if onAccount := priced("ACME", "10"); w.claim(claimOf("d", onAccount))[0] != "CREDIT_LIMIT" {
		t.Error("an order on account is granted over the limit")
	}
	w.wantSecured(0, 12_000)
	for range 2 { // a repeat is the same payment
		if reason := w.authorize(order); reason != "" {
			t.Fatal(reason)
		}
	}
	w.wantSecured(12_000, 0)
	if times, amount := w.provider.doneOf("AUTHORIZE"); times != 1 || amount != 12_000 {
		t.Errorf("authorised %d times, %d", times, amount)
	}
	if w.told("billing.payment.authorized") != 1 {
		t.Error("it is not told once")
	}
}

// §1.11: payment declined at acceptance.
func TestPaymentDeclinedAtAcceptance(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	w.provider.decline["empty"] = true
	order := byCard("empty", "10")
	reply, err := w.client.AuthorizePayment(t.Context(), authorizationOf("k", order))
	refusal := reply.GetOutcomes()[0].GetRefusal()
	if err != nil || refusal.GetReason() != "PAYMENT_DECLINED" || refusal.GetDetails()["decline_code"] != "NO_FUNDS" {
		t.Fatalf("%v, %v", reply, err)
	}
	w.wantIntent(order, "DECLINED", 0, 0, 0)
	w.wantSecured(0, 0)
	// Asked anew, under a key of its own, it is decided anew; under the same key it stays declined.
	w.provider.set(func() { w.provider.decline["empty"] = false })
	if again, err := w.client.AuthorizePayment(t.Context(), authorizationOf("k", order)); err != nil || again.GetOutcomes()[0].GetRefusal() == nil {
		t.Errorf("%v, %v", again, err)
	}
	if anew, err := w.client.AuthorizePayment(t.Context(), authorizationOf("k2", order)); err != nil || anew.GetOutcomes()[0].GetRefusal() != nil {
		t.Errorf("%v, %v", anew, err)
	}
}

// §1.7: a timeout leaves the outcome unknown. The provider is asked by the key before anything is tried again.
func TestUnknownIsAskedBeforeItIsTriedAgain(t *testing.T) {
	for _, how := range []string{"lost", "silent"} {
		t.Run(how, func(t *testing.T) {
			w := newWorld(t)
			w.account("ACME", nil)
			w.provider.lost["AUTHORIZE"], w.provider.silent["AUTHORIZE"] = how == "lost", how == "silent"
			order := byCard("card", "10")
			_, err := w.client.AuthorizePayment(t.Context(), authorizationOf("accept/"+order.GetOrderId(), order))
			if !fault.Retryable(err) {
				t.Fatalf("%v", err)
			}
			w.wantSecured(0, 0)
			if reason := w.authorize(order); reason != "" {
				t.Fatal(reason)
			}
			w.wantIntent(order, "AUTHORIZED", 0, 0, 0)
			if times, _ := w.provider.doneOf("AUTHORIZE"); times != 1 || w.provider.done["QUERY"] != 1 {
				t.Errorf("authorised %d times, queried %d times", times, w.provider.done["QUERY"])
			}
		})
	}
}

// A provider that is down lets the order wait, and declines nothing. Should the caller never come again, the drain finds out.
func TestAProviderThatIsDownDeclinesNothing(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	w.service = w.newService(Config{PaymentTakeUp: time.Millisecond})
	w.provider.down = true
	order := byCard("card", "10")
	if _, err := w.service.AuthorizePayment(t.Context(), authorizationOf("k", order)); fault.ReasonOf(err) != "PROVIDER_UNAVAILABLE" {
		t.Fatalf("%v", err)
	}
	w.run(w.service)
	w.provider.set(func() { w.provider.down = false })
	w.wantIntent(order, "AUTHORIZED", 0, 0, 0)
	w.wantSecured(12_000, -12_000)
}

// A void that overtakes its authorisation leaves a mark; one that meets it under way is carried out by the drain.
func TestVoidOvertakesAuthorization(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	w.run(w.service)
	order := byCard("card", "10")
	if voided := w.voidKey("accept/" + order.GetOrderId()); voided != 0 {
		t.Errorf("%d voided of nothing", voided)
	}
	if reason := w.authorize(order); reason == "" {
		t.Error("what was voided before is authorised")
	}
	if times, _ := w.provider.doneOf("AUTHORIZE"); times != 0 {
		t.Error("the provider was asked")
	}

	second := byCard("card", "10")
	w.provider.set(func() { w.provider.lost["AUTHORIZE"] = true })
	if _, err := w.client.AuthorizePayment(t.Context(), authorizationOf("second", second)); !fault.Retryable(err) {
		t.Fatalf("%v", err)
	}
	w.voidKey("second")
	w.eventually("the lost authorisation is given up", func() bool {
		_, standing := w.provider.doneOf("AUTHORIZE")
		return standing == 0 && w.count("payment_intent_pending") == 0
	})
	w.wantSecured(0, 0)
	w.holds()
}

// Nothing is left standing at the provider once an order is cancelled.
func TestVoidGivesUpTheAuthorization(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	order := byCard("card", "10")
	w.granted(order)
	w.authorize(order)
	if voided := w.voidKey("accept/" + order.GetOrderId()); voided != 12_000 {
		t.Errorf("%d voided", voided)
	}
	w.wantSecured(0, 12_000) // at once, whatever the provider does
	w.run(w.service)
	w.wantIntent(order, "VOIDED", 0, 12_000, 0)
	if w.told("billing.payment.voided") != 1 {
		t.Error("it is not told once")
	}
}
