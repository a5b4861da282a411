package billing

import (
	"slices"
	"testing"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/internal/fault"
)

func paymentOf(key string, amount int64, allocations ...*billingv1.CashAllocation) *billingv1.RecordPaymentRequest {
	return &billingv1.RecordPaymentRequest{
		RequestId: key, AccountId: "ACME", CurrencyCode: "GBP", AmountMinor: amount, Reference: "their transfer", Allocations: allocations,
	}
}

func onto(invoice *billingv1.Invoice, amount int64) *billingv1.CashAllocation {
	return &billingv1.CashAllocation{InvoiceId: invoice.GetInvoiceId(), AmountMinor: amount}
}

func (w *world) paid(request *billingv1.RecordPaymentRequest) *billingv1.Payment {
	w.t.Helper()
	reply, err := w.service.RecordPayment(w.t.Context(), request)
	if err != nil {
		w.t.Fatal(err)
	}
	w.holds()
	return reply.GetPayment()
}

func (w *world) wantState(invoice *billingv1.Invoice, state string, balance int64) {
	w.t.Helper()
	now := w.invoice(invoice.GetInvoiceId())
	if now.GetState().String() != "INVOICE_STATE_"+state || now.GetBalanceDue().GetMinorUnits() != balance {
		w.t.Errorf("invoice %s: %s, %d owed; want %s, %d", now.GetInvoiceNumber(), now.GetState(), now.GetBalanceDue().GetMinorUnits(), state, balance)
	}
}

// B3: balance due = total − applied cash − applied credits − write-off ≥ 0; excess cash stays unapplied.
func TestBalanceDueAndExcessCashStaysUnapplied(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	w.run(w.service)
	_, first := w.delivered("1")   // 1200
	_, second := w.delivered("10") // 12000
	request := paymentOf("p-1", 5000, onto(first, 0), &billingv1.CashAllocation{InvoiceNumber: second.GetInvoiceNumber(), AmountMinor: 3000})
	payment := w.paid(request)
	if again := w.paid(request); again.GetPaymentId() != payment.GetPaymentId() {
		t.Error("a repeat recorded another payment")
	}
	if payment.GetUnapplied().GetMinorUnits() != 800 || len(payment.GetApplications()) != 2 {
		t.Errorf("payment %v", payment)
	}
	w.wantState(first, "PAID", 0)
	w.wantState(second, "PARTIALLY_PAID", 9000)
	w.wantCredit("ACME", 9000-800, 0, 0)
	if got := w.posting(); !slices.Equal(got[len(got)-2:], []string{"CASH//5000/0", "RECEIVABLE/ACME/0/5000"}) {
		t.Errorf("posted %v", got)
	}
	excess := w.paid(paymentOf("p-2", 10_000, onto(second, 0)))
	if excess.GetUnapplied().GetMinorUnits() != 1000 {
		t.Errorf("excess %v", excess)
	}
	w.wantState(second, "PAID", 0)
	w.wantCredit("ACME", -1800, 0, 0)
	if w.told("billing.invoice.paid") != 2 || w.told("billing.payment.recorded") != 2 {
		t.Error("two payments were recorded, two invoices paid")
	}
}

func TestCashIsAppliedAndTakenOffAgain(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	w.run(w.service)
	_, invoice := w.delivered("1") // 1200
	payment := w.paid(paymentOf("p", 2000))
	w.wantCredit("ACME", 1200-2000, 0, 0)
	apply := &billingv1.ApplyCashRequest{RequestId: "a", PaymentId: payment.GetPaymentId(), Allocations: []*billingv1.CashAllocation{onto(invoice, 0)}}
	for range 2 {
		reply, err := w.service.ApplyCash(t.Context(), apply)
		if err != nil || reply.GetPayment().GetUnapplied().GetMinorUnits() != 800 {
			t.Fatalf("%v, %v", reply, err)
		}
	}
	w.wantState(invoice, "PAID", 0)
	take := &billingv1.UnapplyCashRequest{RequestId: "u", PaymentId: payment.GetPaymentId(), InvoiceId: invoice.GetInvoiceId(), AmountMinor: 500}
	for range 2 {
		reply, err := w.service.UnapplyCash(t.Context(), take)
		if err != nil || reply.GetPayment().GetUnapplied().GetMinorUnits() != 1300 {
			t.Fatalf("%v, %v", reply, err)
		}
	}
	w.holds()
	w.wantState(invoice, "PARTIALLY_PAID", 500)
	w.wantCredit("ACME", 500-1300, 0, 0)
	take.RequestId, take.AmountMinor = "u-2", 701
	if _, err := w.service.UnapplyCash(t.Context(), take); fault.ReasonOf(err) != "EXCEEDS_APPLIED" {
		t.Errorf("more than was applied: %v", err)
	}
	take.RequestId, take.AmountMinor = "u-3", 0
	if _, err := w.service.UnapplyCash(t.Context(), take); err != nil {
		t.Fatal(err)
	}
	apply.RequestId = "a-2"
	if _, err := w.service.ApplyCash(t.Context(), apply); err != nil {
		t.Fatal(err)
	}
	w.holds()
	w.wantState(invoice, "PAID", 0)
	if w.told("billing.invoice.reopened") != 1 || w.told("billing.invoice.paid") != 2 {
		t.Error("it was paid, reopened once, and paid again")
	}
	got, err := w.service.GetPayment(t.Context(), &billingv1.GetPaymentRequest{PaymentId: payment.GetPaymentId()})
	if err != nil || got.GetPayment().GetApplications()[0].GetAmountMinor() != 1200 {
		t.Errorf("%v, %v", got, err)
	}
}

// All or none, never more than is owed or left, and a request says what of it is wrong.
func TestPaymentRefusals(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	w.account("OTHER", nil)
	w.run(w.service)
	_, invoice := w.delivered("1") // 1200
	foreign := w.billed(priced("OTHER", "1"))
	dollars, nobody, noDay := paymentOf("k", 1), paymentOf("k", 1), paymentOf("k", 1)
	dollars.CurrencyCode, nobody.AccountId, noDay.ReceivedOn = "USD", "NOBODY", "2026-02-30"
	both := &billingv1.CashAllocation{InvoiceId: invoice.GetInvoiceId(), InvoiceNumber: invoice.GetInvoiceNumber()}
	for name, test := range map[string]struct {
		request      *billingv1.RecordPaymentRequest
		reason, path string
	}{
		"more than is owed":   {paymentOf("k", 5000, onto(invoice, 1201)), "EXCEEDS_BALANCE_DUE", "allocations[0]"},
		"in two":              {paymentOf("k", 5000, onto(invoice, 700), onto(invoice, 501)), "EXCEEDS_BALANCE_DUE", "allocations[1]"},
		"more than is paid":   {paymentOf("k", 500, onto(invoice, 501)), "EXCEEDS_UNAPPLIED", "allocations[0]"},
		"another's invoice":   {paymentOf("k", 500, onto(invoice, 1), onto(foreign, 1)), "INVOICES_DIFFER", "allocations[1]"},
		"no such number":      {paymentOf("k", 500, &billingv1.CashAllocation{InvoiceNumber: "X-00000001"}), "INVOICE_NOT_FOUND", "allocations[0]"},
		"id and number":       {paymentOf("k", 500, both), "ALLOCATION_INVALID", "allocations[0]"},
		"another currency":    {dollars, "CURRENCY_MISMATCH", "currency_code"},
		"an account unknown":  {nobody, "ACCOUNT_NOT_FOUND", ""},
		"a day that is not":   {noDay, "DATE_INVALID", "received_on"},
		"an id of other form": {paymentOf("k", 500, &billingv1.CashAllocation{InvoiceId: "7"}), "ID_INVALID", "allocations[0].invoice_id"},
	} {
		_, err := w.service.RecordPayment(t.Context(), test.request)
		refusal, _ := fault.As(err)
		if fault.ReasonOf(err) != test.reason || test.path != "" && (len(refusal.Fields) == 0 || refusal.Fields[0].Path != test.path) {
			t.Errorf("%s: %v, want %s of %s", name, err, test.reason, test.path)
		}
	}
	if _, err := w.service.RecordPayment(as(t, "SHOP"), paymentOf("k", 1)); fault.ReasonOf(err) != "ACCOUNT_NOT_FOUND" {
		t.Errorf("a partner records a payment: %v", err)
	}
	if n := w.count("payment"); n != 0 {
		t.Errorf("%d payments of refused requests", n)
	}
	w.wantState(invoice, "ISSUED", 1200)
	w.holds()
}

func TestListPayments(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	w.account("OTHER", nil)
	w.run(w.service)
	_, invoice := w.delivered("1")
	first := w.paid(paymentOf("p-1", 100))
	applied := w.paid(paymentOf("p-2", 200, onto(invoice, 0)))
	other := paymentOf("p-3", 300)
	other.AccountId = "OTHER"
	third := w.paid(other)
	for name, test := range map[string]struct {
		req  *billingv1.ListPaymentsRequest
		want []*billingv1.Payment
	}{
		"all":       {&billingv1.ListPaymentsRequest{}, []*billingv1.Payment{third, applied, first}},
		"account":   {&billingv1.ListPaymentsRequest{AccountId: "ACME"}, []*billingv1.Payment{applied, first}},
		"unapplied": {&billingv1.ListPaymentsRequest{UnappliedOnly: true}, []*billingv1.Payment{third, first}},
	} {
		var got []string
		test.req.PageSize = 1
		for {
			page, err := w.service.ListPayments(t.Context(), test.req)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, convertAll(page.GetPayments(), (*billingv1.Payment).GetPaymentId)...)
			if test.req.PageToken = page.GetNextPageToken(); test.req.GetPageToken() == "" {
				break
			}
		}
		if want := convertAll(test.want, (*billingv1.Payment).GetPaymentId); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	if page, err := w.service.ListPayments(as(t, "SHOP"), &billingv1.ListPaymentsRequest{}); err != nil || len(page.GetPayments()) != 0 {
		t.Errorf("a partner sees payments: %v, %v", page, err)
	}
}
