package billing

import (
	"testing"

	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/internal/fault"
)

// accepted makes an order that a provider pays known and authorised.
func (w *world) accepted(prices ...string) *orderv1.PricedOrder {
	w.t.Helper()
	order := byCard("card", prices...)
	w.granted(order)
	if reason := w.authorize(order); reason != "" {
		w.t.Fatal(reason)
	}
	return order
}

func (w *world) completed(order *orderv1.PricedOrder) {
	w.t.Helper()
	if err := w.deliver(w.service.onOrderChanged, &orderv1.OrderCompleted{OrderId: order.GetOrderId()}); err != nil {
		w.t.Fatal(err)
	}
}

// Each invoice is captured once, whatever gets lost on the way, and what is left at the end is given up.
func TestEachShipmentIsCapturedOnce(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	w.provider.lost["CAPTURE"] = true
	w.run(w.service)
	order := w.accepted("10") // 100.00, with tax 120.00
	w.ship(shipped(order, 1, 4))
	w.wantIntent(order, "AUTHORIZED", 4_800, 0, 0)
	w.ship(shipped(order, 1, 3))
	w.provider.set(func() { w.provider.silent["CAPTURE"] = true })
	w.wantIntent(order, "AUTHORIZED", 8_400, 0, 0)
	for _, invoice := range w.allIssued(2) {
		w.wantState(invoice, "PAID", 0)
	}
	w.wantSecured(3_600, 0) // what remains of the order is secured
	w.completed(order)
	w.wantIntent(order, "CAPTURED", 8_400, 3_600, 0)
	if times, amount := w.provider.doneOf("CAPTURE"); times != 2 || amount != 8_400 {
		t.Errorf("captured %d times, %d", times, amount)
	}
	if told := [2]int{w.told("billing.payment.captured"), w.told("billing.payment.recorded")}; told != [2]int{2, 2} {
		t.Errorf("told %v times", told)
	}
	w.wantCredit("ACME", 0, 0, 3_600)
}

// Capture per shipment ≤ remaining authorisation: what the order has grown by is owed on account.
func TestCaptureNeverExceedsTheAuthorization(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", func(a *masterdataAccount) { a.EstimatedTaxRate = "0" }) // less than the tax that comes: 100.00 of 120.00
	w.run(w.service)
	order := w.accepted("10")
	w.ship(shipped(order, 1, 5))
	w.wantIntent(order, "AUTHORIZED", 6_000, 0, 0)
	w.ship(shipped(order, 1, 5))
	w.wantIntent(order, "CAPTURED", 10_000, 0, 0)
	last := w.allIssued(2)[0]
	w.wantState(last, "PARTIALLY_PAID", 2_000)
	w.wantSecured(0, 2_000)
}

// §1.11: declined at capture after shipping: the invoice is open, the account is stopped, and it is told.
func TestCaptureDeclinedLeavesTheInvoiceOpen(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	w.provider.decline["CAPTURE"] = true
	w.run(w.service)
	order := w.accepted("10")
	other := priced("ACME", "1")
	w.granted(other)
	w.ship(shipped(order, 1, 4))
	w.wantIntent(order, "VOIDED", 0, 12_000, 0) // nothing more is captured of it
	invoice := w.allIssued(1)[0]
	w.wantState(invoice, "ISSUED", 4_800)
	if got := w.intent(order); got.GetDeclineCode() != "NO_FUNDS" || w.told("billing.payment.declined") != 1 ||
		w.told("billing.credit.account_stopped") != 1 {
		t.Errorf("%v", got)
	}
	if reason := w.claim(claimOf("next", priced("ACME", "1")))[0]; reason != "CREDIT_STOP" {
		t.Errorf("the next order: %q", reason)
	}
	w.wantBlocked("ACME", 2) // what is not shipped of both stays here

	lift := &billingv1.LiftPaymentStopRequest{RequestId: "l", AccountId: "ACME", Reason: "they sent a new card"}
	for range 2 {
		reply, err := w.service.LiftPaymentStop(t.Context(), lift)
		if err != nil || reply.GetStatus().GetPaymentStopped() {
			t.Fatalf("%v, %v", reply, err)
		}
	}
	w.wantBlocked("ACME", 0)
	w.holds()
	if reason := w.claim(claimOf("after", priced("ACME", "1")))[0]; reason != "" {
		t.Errorf("the order after it: %q", reason)
	}
	if w.told("billing.credit.account_stop_lifted") != 1 {
		t.Error("lifting is not told once")
	}
}

// What was captured of goods that came back is paid back once; what a refund leaves is exact in the books.
func TestRefundPaysACreditMemoOut(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	w.run(w.service)
	order := w.accepted("10")
	w.ship(shipped(order, 1, 10))
	w.wantIntent(order, "CAPTURED", 12_000, 0, 0)
	w.inspect(returned(w.allIssued(1)[0], 1, 3))
	memo := w.memos(1)[0] // 36.00, of an invoice that is paid: unapplied
	capture := w.intent(order).GetOperations()[0].GetPaymentId()

	refund := func(key string, amount int64) (*billingv1.RefundPaymentResponse, error) {
		return w.service.RefundPayment(t.Context(), &billingv1.RefundPaymentRequest{
			RequestId: key, PaymentId: capture, CreditMemoId: memo.GetCreditMemoId(), AmountMinor: amount,
		})
	}
	if _, err := refund("r0", 3_601); fault.ReasonOf(err) != "EXCEEDS_UNAPPLIED" {
		t.Errorf("%v", err)
	}
	w.provider.set(func() { w.provider.lost["REFUND"] = true })
	for range 2 {
		if reply, err := refund("r1", 1_000); err != nil || reply.GetRefundMinor() != 1_000 {
			t.Fatalf("%v, %v", reply, err)
		}
	}
	w.wantIntent(order, "PARTIALLY_REFUNDED", 12_000, 0, 1_000)
	w.provider.set(func() { w.provider.decline["REFUND"] = true })
	if reply, err := refund("r2", 0); err != nil || reply.GetRefundMinor() != 2_600 {
		t.Fatalf("%v, %v", reply, err)
	}
	w.eventually("the refund is declined", func() bool { return w.told("billing.payment.declined") == 1 })
	w.holds()
	w.provider.set(func() { w.provider.decline["REFUND"] = false })
	if reply, err := refund("r3", 0); err != nil || reply.GetRefundMinor() != 2_600 { // open again
		t.Fatalf("%v, %v", reply, err)
	}
	w.wantIntent(order, "PARTIALLY_REFUNDED", 12_000, 0, 3_600)
	w.wantSecured(0, 0)
	if _, amount := w.provider.doneOf("REFUND"); amount != 3_600 || w.told("billing.payment.refunded") != 2 {
		t.Errorf("%d paid back", amount)
	}
	transfer := w.paid(paymentOf("by transfer", 100))
	if _, err := w.service.RefundPayment(t.Context(), &billingv1.RefundPaymentRequest{
		RequestId: "r4", PaymentId: transfer.GetPaymentId(), CreditMemoId: memo.GetCreditMemoId(),
	}); fault.ReasonOf(err) != "NOT_CAPTURED" {
		t.Errorf("%v", err)
	}
}

// Two replicas, and each dies between asking and writing down: nothing is captured twice.
func TestTwoReplicasCaptureOnce(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	stop := w.run(w.service)
	w.run(w.newService(Config{}))
	var orders []*orderv1.PricedOrder
	for range 12 {
		order := w.accepted("1")
		orders = append(orders, order)
		w.ship(shipped(order, 1, 5), shipped(order, 1, 5))
	}
	stop()
	for _, order := range orders {
		w.wantIntent(order, "CAPTURED", 1_200, 0, 0)
	}
	if times, amount := w.provider.doneOf("CAPTURE"); times != 24 || amount != 12*1_200 {
		t.Errorf("captured %d times, %d", times, amount)
	}
}

// In the base currency a refund goes out at the credit memo's rate, in shares that add up.
func TestRefundsLeaveNothingReceivableInTheBaseCurrency(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	w.company("MAIN", "EUR", nil)
	w.rate("GBP", "EUR", -3, "1.1735")
	w.run(w.service)
	order := w.accepted("1")
	w.ship(shipped(order, 1, 10))
	w.wantIntent(order, "CAPTURED", 1_200, 0, 0)
	w.inspect(returned(w.allIssued(1)[0], 1, 3))
	memo := w.memos(1)[0]
	w.rate("GBP", "EUR", -1, "1.3")
	for i, amount := range []int64{101, 53, 0} {
		if _, err := w.service.RefundPayment(t.Context(), &billingv1.RefundPaymentRequest{
			RequestId: string(rune('a' + i)), PaymentId: w.intent(order).GetOperations()[0].GetPaymentId(),
			CreditMemoId: memo.GetCreditMemoId(), AmountMinor: amount,
		}); err != nil {
			t.Fatal(err)
		}
	}
	w.wantIntent(order, "PARTIALLY_REFUNDED", 1_200, 0, 360)
	w.wantBase(0, 0)
}
