package billing

import (
	"testing"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
)

// base sums what is posted to a ledger in the base currency, debits less credits.
func (w *world) base(ledger string) (sum int64) {
	w.t.Helper()
	err := w.db.Pool().QueryRow(w.t.Context(),
		`SELECT COALESCE(sum(base_debit_minor - base_credit_minor), 0)::int8 FROM journal_entry WHERE ledger = $1`, ledger).Scan(&sum)
	if err != nil {
		w.t.Fatal(err)
	}
	return sum
}

func (w *world) wantBase(receivable, gain int64) {
	w.t.Helper()
	if got := w.base("RECEIVABLE"); got != receivable {
		w.t.Errorf("receivable in the base currency %d, want %d", got, receivable)
	}
	if got := -w.base("EXCHANGE_DIFFERENCE"); got != gain {
		w.t.Errorf("a gain of %d is posted, want %d", got, gain)
	}
	w.holds()
}

// What settles an invoice at another rate than its own leaves nothing receivable: the difference is a gain or a loss. Taking
// it off again takes the difference back.
func TestExchangeDifferencesLeaveNothingReceivable(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	w.company("MAIN", "EUR", nil)
	w.rate("GBP", "EUR", -3, "1.1")
	w.run(w.service)
	_, invoice := w.delivered("1") // 12.00 are 13.20
	w.wantBase(1_320, 0)
	w.rate("GBP", "EUR", -2, "1.2")
	first := w.paid(paymentOf("p-1", 700, onto(invoice, 500))) // 8.40; of 5.00 6.00 for 5.50
	w.wantBase(1_320-840+50, 50)
	w.rate("GBP", "EUR", -1, "1.05")
	w.paid(paymentOf("p-2", 300, onto(invoice, 0))) // 3.15 for 3.30
	w.wantBase(1_320-840-315+35, 35)
	_, err := w.service.UnapplyCash(t.Context(), &billingv1.UnapplyCashRequest{
		RequestId: "u", PaymentId: first.GetPaymentId(), InvoiceId: invoice.GetInvoiceId(), AmountMinor: 200,
	})
	if err != nil {
		t.Fatal(err)
	}
	w.wantBase(1_320-840-315+15, 15)
	_, err = w.service.WriteOffInvoice(t.Context(), &billingv1.WriteOffInvoiceRequest{
		RequestId: "w", InvoiceId: invoice.GetInvoiceId(), AmountMinor: 100, Reason: "rest",
	})
	if err != nil {
		t.Fatal(err)
	}
	w.wantBase(1_320-840-315-110+15, 15)
	_, err = w.service.ApplyCash(t.Context(), &billingv1.ApplyCashRequest{
		RequestId: "a", PaymentId: first.GetPaymentId(), Allocations: []*billingv1.CashAllocation{onto(invoice, 0)},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.wantState(invoice, "PARTIALLY_PAID", 100)
	w.rate("GBP", "EUR", 0, "1.3")
	if _, err := w.service.CreateCreditMemo(t.Context(), memoRequestOf("m", position(invoice, 1, "", 83))); err != nil {
		t.Fatal(err)
	}
	w.memos(1) // 0.83 and 0.17 tax are 1.30 for 1.10
	w.wantState(invoice, "CREDITED", 0)
	if got := w.invoice(invoice.GetInvoiceId()).GetExchangeGain(); got.GetMinorUnits() != -w.base("EXCHANGE_DIFFERENCE") || got.GetCurrencyCode() != "EUR" {
		t.Errorf("the invoice shows a gain of %v", got)
	}
	w.wantBase(0, -(1_320 - 840 - 315 - 110 - 130))
}

// In the base currency itself there is no difference, and nothing is posted.
func TestNoExchangeDifferenceInTheBaseCurrency(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	w.run(w.service)
	_, invoice := w.delivered("1")
	w.paid(paymentOf("p-1", 700, onto(invoice, 333)))
	if n := w.count("exchange_difference"); n != 0 {
		t.Errorf("%d exchange differences", n)
	}
	w.holds()
}
