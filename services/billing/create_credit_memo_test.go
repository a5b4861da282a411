package billing

import (
	"context"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
	"github.com/waybill-dev/waybill/internal/fault"
)

func memoRequestOf(key string, lines ...*billingv1.CreditMemoRequestLine) *billingv1.CreateCreditMemoRequest {
	return &billingv1.CreateCreditMemoRequest{RequestId: key, Reason: "price agreed on the phone", Lines: lines}
}

// position credits a position of an invoice: a quantity, or an amount where that is empty.
func position(invoice *billingv1.Invoice, at int32, quantity string, amount int64) *billingv1.CreditMemoRequestLine {
	return &billingv1.CreditMemoRequestLine{InvoiceId: invoice.GetInvoiceId(), InvoicePosition: at, Quantity: quantity, AmountMinor: amount}
}

func goodwill() *billingv1.CreditMemoRequestLine {
	return &billingv1.CreditMemoRequestLine{Description: "for the trouble", UnitPrice: "12.345", TaxClass: "standard", Service: true}
}

// A price adjustment, a quantity that need not come back and the freight, all of one invoice.
func TestCreditOfInvoicePositions(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	w.run(w.service)
	invoice := w.billed(charge(priced("ACME", "10", "3"), freight, 700))
	request := memoRequestOf("r-1", position(invoice, 1, "", 1000), position(invoice, 2, "4", 0), position(invoice, 3, "", 700))
	reply, err := w.service.CreateCreditMemo(as(t, "SHOP"), request)
	if err != nil {
		t.Fatal(err)
	}
	if memo := reply.GetCreditMemo(); memo.GetState() != billingv1.CreditMemoState_CREDIT_MEMO_STATE_PENDING || memo.GetCreditMemoNumber() != "" {
		t.Errorf("answered %v", memo)
	}
	again, err := w.service.CreateCreditMemo(as(t, "SHOP"), request)
	if err != nil || !proto.Equal(again, reply) {
		t.Errorf("a repeat: %v, %v", again, err)
	}
	if got := memoTotals(w.memos(1)[0]); got != "2900 + 580 = 3480, 0 unapplied" {
		t.Errorf("credited %s", got)
	}
	want := []string{"REVENUE_GOODS//2200/0", "FREIGHT//700/0", "TAX_PAYABLE/GB-0/580/0", "RECEIVABLE/ACME/0/3480"}
	if got := w.posting(); len(got) < 4 || !slices.Equal(got[len(got)-4:], want) {
		t.Errorf("posted %v", got)
	}
	// Of ten at 10 less the 1000 are nine pounds each left.
	if _, err := w.service.CreateCreditMemo(t.Context(), memoRequestOf("r-2", position(invoice, 1, "10", 0))); err != nil {
		t.Fatal(err)
	}
	if got := memoTotals(w.memos(2)[0]); got != "9000 + 1800 = 10800, 0 unapplied" {
		t.Errorf("credited %s", got)
	}
}

// Never is more credited than was invoiced, and a request says what of it is wrong.
func TestCreditMemoRefusals(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	w.account("OTHER", nil)
	w.run(w.service)
	invoice := w.billed(charge(priced("ACME", "10"), discount, -100))
	foreign := w.billed(priced("OTHER", "10"))
	w.engine.setDown(true)
	pending := priced("ACME", "1")
	w.granted(pending)
	w.ship(shipped(pending, 1, 1))
	unissued := w.invoices()[0]
	free := func(change func(*billingv1.CreditMemoRequestLine)) *billingv1.CreditMemoRequestLine {
		line := goodwill()
		change(line)
		return line
	}
	mixed := memoRequestOf("k", position(invoice, 1, "1", 0))
	mixed.AccountId = "OTHER"
	unknown := memoRequestOf("k", goodwill())
	unknown.AccountId = "NOBODY"
	for name, test := range map[string]struct {
		request      *billingv1.CreateCreditMemoRequest
		reason, path string
	}{
		"too many":             {memoRequestOf("k", position(invoice, 1, "11", 0)), "EXCEEDS_INVOICED", "lines[0]"},
		"too many in two":      {memoRequestOf("k", position(invoice, 1, "6", 0), position(invoice, 1, "5", 0)), "EXCEEDS_INVOICED", "lines[1]"},
		"too much":             {memoRequestOf("k", position(invoice, 1, "", 9901)), "EXCEEDS_INVOICED", "lines[0]"},
		"a discount":           {memoRequestOf("k", position(invoice, 2, "", 1)), "INVOICE_UNKNOWN", "lines[0]"},
		"no such position":     {memoRequestOf("k", position(invoice, 9, "", 1)), "INVOICE_UNKNOWN", "lines[0]"},
		"not issued":           {memoRequestOf("k", position(unissued, 1, "1", 0)), "INVOICE_PENDING", "lines[0]"},
		"a second account":     {memoRequestOf("k", position(invoice, 1, "1", 0), position(foreign, 1, "1", 0)), "INVOICES_DIFFER", "lines[1]"},
		"another account":      {mixed, "INVOICES_DIFFER", ""},
		"half a piece":         {memoRequestOf("k", position(invoice, 1, "0.5", 0)), "UOM_NOT_DIVISIBLE", "lines[0]"},
		"no position":          {memoRequestOf("k", position(invoice, 0, "1", 0)), "LINE_INVALID", "lines[0].invoice_position"},
		"quantity and amount":  {memoRequestOf("k", position(invoice, 1, "1", 5)), "LINE_INVALID", "lines[0].quantity"},
		"an account unknown":   {unknown, "ACCOUNT_UNKNOWN", ""},
		"no account":           {memoRequestOf("k", goodwill()), "LINE_INVALID", "account_id"},
		"without a price":      {memoRequestOf("k", free(func(line *billingv1.CreditMemoRequestLine) { line.UnitPrice = "" })), "LINE_INVALID", "lines[0].unit_price"},
		"without words":        {memoRequestOf("k", free(func(line *billingv1.CreditMemoRequestLine) { line.Description = "" })), "LINE_INVALID", "lines[0].description"},
		"an amount of nothing": {memoRequestOf("k", free(func(line *billingv1.CreditMemoRequestLine) { line.AmountMinor = 5 })), "LINE_INVALID", "lines[0].amount_minor"},
	} {
		_, err := w.service.CreateCreditMemo(t.Context(), test.request)
		refusal, _ := fault.As(err)
		if fault.ReasonOf(err) != test.reason || test.path != "" && (len(refusal.Fields) == 0 || refusal.Fields[0].Path != test.path) {
			t.Errorf("%s: %v, want %s of %s", name, err, test.reason, test.path)
		}
	}
	if _, err := w.service.CreateCreditMemo(as(t, "MARKET"), memoRequestOf("k", position(invoice, 1, "1", 0))); fault.KindOf(err) != fault.NotFound {
		t.Errorf("another partner's invoice: %v", err)
	}
	if n := w.count("credit_memo"); n != 0 {
		t.Errorf("%d credit memos of refused requests", n)
	}
	w.holds()
}

// Goodwill without reference is taxed by the engine, stays open credit, and settles an invoice when somebody says so.
func TestGoodwillIsAppliedWhenSomebodySaysSo(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", func(account *masterdataAccount) { account.TaxJurisdiction = "GB" })
	w.run(w.service)
	_, invoice := w.delivered("1")
	_, small := w.delivered("0.01")
	request := memoRequestOf("r-1", goodwill())
	request.AccountId, request.PartnerId = "ACME", "SHOP"
	reply, err := w.service.CreateCreditMemo(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	apply := func(ctx context.Context, key string, to *billingv1.Invoice, amount int64) (*billingv1.ApplyCreditMemoResponse, error) {
		return w.service.ApplyCreditMemo(ctx, &billingv1.ApplyCreditMemoRequest{
			RequestId: key, CreditMemoId: reply.GetCreditMemo().GetCreditMemoId(), InvoiceId: to.GetInvoiceId(), AmountMinor: amount,
		})
	}
	if got := memoTotals(w.memos(1)[0]); got != "1235 + 247 = 1482, 1482 unapplied" {
		t.Errorf("credited %s", got)
	}
	w.wantCredit("ACME", 1200+12-1482, 0, 0)
	for reason, amount := range map[string]int64{"EXCEEDS_UNAPPLIED": 1483, "EXCEEDS_BALANCE_DUE": 1201} {
		if _, err := apply(t.Context(), reason, invoice, amount); fault.ReasonOf(err) != reason {
			t.Errorf("%d: %v, want %s", amount, err, reason)
		}
	}
	if _, err := apply(as(t, "MARKET"), "a", invoice, 1); fault.KindOf(err) != fault.NotFound {
		t.Errorf("another partner's memo: %v", err)
	}
	for range 2 {
		done, err := apply(as(t, "SHOP"), "a-1", invoice, 500)
		if err != nil || done.GetAppliedMinor() != 500 || done.GetInvoice().GetBalanceDue().GetMinorUnits() != 700 || done.GetCreditMemo().GetUnapplied().GetMinorUnits() != 982 {
			t.Fatalf("%v, %v", done, err)
		}
	}
	done, err := apply(t.Context(), "a-2", invoice, 0)
	if err != nil || done.GetAppliedMinor() != 700 || done.GetInvoice().GetState() != billingv1.InvoiceState_INVOICE_STATE_CREDITED {
		t.Fatalf("%v, %v", done, err)
	}
	if done, err = apply(t.Context(), "a-3", small, 0); err != nil || done.GetAppliedMinor() != 12 {
		t.Fatalf("%v, %v", done, err)
	}
	w.wantCredit("ACME", -270, 0, 0)
	w.memos(1)
	if w.told("billing.invoice.paid") != 2 {
		t.Error("two invoices were settled")
	}
}

// A credit memo waits for its exchange rate as an invoice does, and its number has the prefix of its company.
func TestCreditMemoWaitsForItsExchangeRate(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	w.run(w.service)
	_, invoice := w.delivered("10")
	w.company("MAIN", "EUR", func(entity *masterdatav1.LegalEntity) { entity.Version = 2 })
	if _, err := w.service.CreateCreditMemo(t.Context(), memoRequestOf("r", position(invoice, 1, "1", 0))); err != nil {
		t.Fatal(err)
	}
	w.eventually("it waits", func() bool { return w.count("credit_memo_pending WHERE reason = 'RATE_UNKNOWN'") == 1 })
	reply, err := w.service.ListCreditMemos(t.Context(), &billingv1.ListCreditMemosRequest{OrderId: invoice.GetOrderId()})
	if err != nil || reply.GetCreditMemos()[0].GetDeferredReason() != "RATE_UNKNOWN" {
		t.Errorf("%v, %v", reply, err)
	}
	w.rate("GBP", "EUR", 0, "1.25")
	memo := w.memos(1)[0]
	if memo.GetCreditMemoNumber() != "G-00000001" || memo.GetBaseTotal().GetMinorUnits() != 1500 || memo.GetBaseTotal().GetCurrencyCode() != "EUR" {
		t.Errorf("memo %v", memo)
	}
}
