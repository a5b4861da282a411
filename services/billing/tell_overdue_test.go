package billing

import (
	"log/slog"
	"testing"
	"time"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
)

// later is the service as it is so many days from now.
func (w *world) later(days int) *Service {
	w.t.Helper()
	clock := func() time.Time { return time.Now().AddDate(0, 0, days) }
	service, err := New(Deps{DB: w.db, Clock: clock, Log: slog.New(slog.DiscardHandler), Tax: w.tax}, Config{})
	if err != nil {
		w.t.Fatal(err)
	}
	return service
}

func (w *world) tellOverdueAfter(days int) {
	w.t.Helper()
	for more := true; more; {
		var err error
		if more, err = w.later(days).tellOverdueSet(w.t.Context()); err != nil {
			w.t.Fatal(err)
		}
	}
}

// An invoice is told to be overdue once; a disputed one is not until the dispute is over.
func TestOverdueIsToldOnce(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	w.run(w.service)
	_, invoice := w.delivered("1") // due in 30 days
	_, disputed := w.delivered("2")
	_, paid := w.delivered("3")
	w.paid(paymentOf("p", 3600, onto(paid, 0)))
	dispute := &billingv1.DisputeInvoiceRequest{RequestId: "d", InvoiceId: disputed.GetInvoiceId(), Reason: "broken"}
	for range 2 {
		reply, err := w.service.DisputeInvoice(as(t, "SHOP"), dispute)
		if err != nil || !reply.GetInvoice().GetDisputed() || reply.GetInvoice().GetDisputeReason() != "broken" {
			t.Fatalf("%v, %v", reply, err)
		}
	}
	w.tellOverdueAfter(30)
	if n := w.told("billing.invoice.overdue"); n != 0 {
		t.Errorf("%d overdue on the due date", n)
	}
	for range 2 {
		w.tellOverdueAfter(31)
	}
	if n := w.told("billing.invoice.overdue"); n != 1 || !w.invoice(invoice.GetInvoiceId()).GetOverdue() || w.invoice(disputed.GetInvoiceId()).GetOverdue() {
		t.Errorf("%d overdue", n)
	}
	resolved, err := w.service.ResolveDispute(t.Context(), &billingv1.ResolveDisputeRequest{RequestId: "r", InvoiceId: disputed.GetInvoiceId(), Reason: "replaced"})
	if err != nil || resolved.GetInvoice().GetDisputed() {
		t.Fatalf("%v, %v", resolved, err)
	}
	w.tellOverdueAfter(31)
	if w.told("billing.invoice.overdue") != 2 || w.told("billing.invoice.dispute_changed") != 2 {
		t.Error("it is overdue after the dispute")
	}
	w.paid(paymentOf("p-2", 1200, onto(invoice, 0)))
	if w.invoice(invoice.GetInvoiceId()).GetOverdue() {
		t.Error("a paid invoice is overdue")
	}
}

// Claims are refused while an invoice is longer past due than the account may be; disputed ones do not count.
func TestClaimsOfAnAccountThatIsPastDue(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", func(account *masterdataAccount) { account.MaxDaysPastDue = 10 })
	w.run(w.service)
	_, invoice := w.delivered("1") // due in 30 days
	claim := func(key string, days int) string {
		reply, err := w.later(days).ClaimCredit(t.Context(), &billingv1.ClaimCreditRequest{Claims: []*billingv1.CreditClaim{claimOf(key, priced("ACME", "1"))}})
		if err != nil {
			t.Fatal(err)
		}
		return reply.GetOutcomes()[0].GetRefusal().GetReason()
	}
	if reason := claim("a", 40); reason != "" {
		t.Errorf("ten days past due: %s", reason)
	}
	if reason := claim("b", 41); reason != "CREDIT_PAST_DUE" {
		t.Errorf("eleven days past due: %q", reason)
	}
	status, err := w.later(41).GetCreditStatus(t.Context(), &billingv1.GetCreditStatusRequest{AccountId: "ACME"})
	if err != nil || status.GetStatus().GetDaysPastDue() != 11 || status.GetStatus().GetMaxDaysPastDue() != 10 {
		t.Errorf("%v, %v", status, err)
	}
	if _, err := w.service.DisputeInvoice(t.Context(), &billingv1.DisputeInvoiceRequest{RequestId: "d", InvoiceId: invoice.GetInvoiceId(), Reason: "late"}); err != nil {
		t.Fatal(err)
	}
	if reason := claim("c", 41); reason != "" {
		t.Errorf("disputed: %s", reason)
	}
	w.holds()
}

// A change of the terms of credit is told, and that an account is stopped as an event of its own.
func TestChangedTermsAreTold(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	if w.told("billing.credit.exposure_changed") != 0 {
		t.Error("a new account is told")
	}
	w.account("ACME", func(account *masterdatav1.Account) { account.Version, account.Name = 2, "Acme" })
	if w.told("billing.credit.exposure_changed") != 0 {
		t.Error("another name is told")
	}
	w.account("ACME", func(account *masterdatav1.Account) { account.Version, account.CreditLimitMinor = 3, 5 })
	if w.told("billing.credit.exposure_changed") != 1 || w.told("billing.credit.account_stopped") != 0 {
		t.Error("another limit is told")
	}
	for range 2 { // a repeat is no news
		w.account("ACME", func(account *masterdatav1.Account) {
			account.Version, account.CreditLimitMinor, account.CreditStop = 4, 5, true
		})
	}
	if w.told("billing.credit.exposure_changed") != 2 || w.told("billing.credit.account_stopped") != 1 {
		t.Error("the stop is told")
	}
	w.holds()
}
