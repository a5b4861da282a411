package billing

import (
	"fmt"
	"slices"
	"testing"
	"time"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	"github.com/waybill-dev/waybill/internal/fault"
)

// A statement goes from the opening to the closing balance by its entries, whatever the pages; the closing balance of all
// that ever was is the open receivables.
func TestAccountStatement(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	w.run(w.service)
	_, first := w.delivered("10") // 12000
	w.paid(paymentOf("p", 5000, onto(first, 2000)))
	if _, err := w.service.WriteOffInvoice(t.Context(), &billingv1.WriteOffInvoiceRequest{RequestId: "w", InvoiceId: first.GetInvoiceId(), AmountMinor: 100, Reason: "rest"}); err != nil {
		t.Fatal(err)
	}
	w.inspect(returned(first, 1, 1)) // 1200
	w.memos(1)
	today := time.Now().UTC()
	request := &billingv1.GetAccountStatementRequest{
		AccountId: "ACME", FromDate: today.AddDate(0, 0, -1).Format(time.DateOnly), ToDate: today.AddDate(0, 0, 1).Format(time.DateOnly),
	}
	for _, size := range []int32{0, 1, 3} {
		var got []string
		request.PageSize, request.PageToken = size, ""
		for {
			page, err := w.service.GetAccountStatement(t.Context(), request)
			if err != nil {
				t.Fatal(err)
			}
			if page.GetOpeningBalance().GetMinorUnits() != 0 || page.GetClosingBalance().GetMinorUnits() != 5700 {
				t.Errorf("from %v to %v", page.GetOpeningBalance(), page.GetClosingBalance())
			}
			for _, entry := range page.GetEntries() {
				got = append(got, fmt.Sprintf("%s %d %d", entry.GetType(), entry.GetAmountMinor(), entry.GetBalanceMinor()))
			}
			if request.PageToken = page.GetNextPageToken(); request.GetPageToken() == "" {
				break
			}
		}
		want := []string{
			"STATEMENT_ENTRY_TYPE_INVOICE 12000 12000", "STATEMENT_ENTRY_TYPE_PAYMENT -5000 7000", "STATEMENT_ENTRY_TYPE_WRITE_OFF -100 6900",
			"STATEMENT_ENTRY_TYPE_CREDIT_MEMO -1200 5700",
		}
		if !slices.Equal(got, want) {
			t.Errorf("pages of %d: %v", size, got)
		}
	}
	w.wantCredit("ACME", 5700, 0, 0)
	request.PageToken, request.FromDate, request.ToDate = "", today.AddDate(0, 0, 2).Format(time.DateOnly), today.AddDate(0, 0, 3).Format(time.DateOnly)
	page, err := w.service.GetAccountStatement(t.Context(), request)
	if err != nil || page.GetOpeningBalance().GetMinorUnits() != 5700 || page.GetClosingBalance().GetMinorUnits() != 5700 || len(page.GetEntries()) != 0 {
		t.Errorf("afterwards: %v, %v", page, err)
	}
	request.ToDate = today.Format(time.DateOnly)
	if _, err := w.service.GetAccountStatement(t.Context(), request); fault.ReasonOf(err) != "DATE_INVALID" {
		t.Errorf("a period that ends before it begins: %v", err)
	}
	request.ToDate, request.PageToken = request.GetFromDate(), "x"
	if _, err := w.service.GetAccountStatement(t.Context(), request); fault.ReasonOf(err) != "PAGE_TOKEN_INVALID" {
		t.Errorf("a foreign token: %v", err)
	}
	if _, err := w.service.GetAccountStatement(as(t, "SHOP"), request); err == nil {
		t.Error("a partner sees the statement")
	}
}

// What is owed stands in the class of its age, disputed invoices apart.
func TestAgeing(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	w.run(w.service)
	_, invoice := w.delivered("1") // due in 30 days
	_, disputed := w.delivered("2")
	if _, err := w.service.DisputeInvoice(t.Context(), &billingv1.DisputeInvoiceRequest{RequestId: "d", InvoiceId: disputed.GetInvoiceId(), Reason: "broken"}); err != nil {
		t.Fatal(err)
	}
	w.paid(paymentOf("p", 300, onto(invoice, 200)))
	due, err := time.Parse(time.DateOnly, invoice.GetDueDate())
	if err != nil {
		t.Fatal(err)
	}
	for days, class := range map[int]int{-5: 0, 0: 0, 1: 1, 30: 1, 31: 2, 60: 2, 61: 3, 90: 3, 91: 4, 900: 4} {
		reply, err := w.service.GetAgeing(t.Context(), &billingv1.GetAgeingRequest{AccountId: "ACME", AsOfDate: due.AddDate(0, 0, days).Format(time.DateOnly)})
		if err != nil {
			t.Fatal(err)
		}
		if len(reply.GetClasses()) != 5 || reply.GetDisputedMinor() != 2400 || reply.GetUnappliedCashMinor() != 100 {
			t.Errorf("%v", reply)
		}
		for i, one := range reply.GetClasses() {
			if want := map[bool]int64{true: 1000}[i == class]; one.GetBalanceMinor() != want {
				t.Errorf("%d days past due: class %d has %d", days, i, one.GetBalanceMinor())
			}
		}
	}
}
