package billing

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	masterdatav1 "github.com/waybill-dev/waybill/gen/waybill/masterdata/v1"
)

// company makes a legal entity known.
func (w *world) company(name, base string, change func(*masterdatav1.LegalEntity)) {
	w.t.Helper()
	entity := &masterdatav1.LegalEntity{LegalEntityId: name, BaseCurrencyCode: base, InvoicePrefix: "R-", CreditMemoPrefix: "G-", Version: 1}
	if change != nil {
		change(entity)
	}
	if err := w.deliver(w.service.onLegalEntityChanged, &masterdatav1.LegalEntityChanged{LegalEntityId: name, LegalEntity: entity}); err != nil {
		w.t.Fatal(err)
	}
}

// rate makes exchange rates known: pairs of a day, counted from today, and a rate.
func (w *world) rate(from, to string, days int, rate string) {
	w.t.Helper()
	changed := &masterdatav1.ExchangeRateChanged{CurrencyPair: from + "|" + to, ExchangeRate: &masterdatav1.ExchangeRate{
		FromCurrencyCode: from, ToCurrencyCode: to, Date: time.Now().UTC().AddDate(0, 0, days).Format(time.DateOnly), Rate: rate, Version: 1,
	}}
	if err := w.deliver(w.service.onExchangeRateChanged, changed); err != nil {
		w.t.Fatal(err)
	}
}

// The newest rate up to the day of issue is fixed on the invoice and its journal, which balances in both currencies.
func TestBaseCurrencyIsFixedOnTheInvoice(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	w.company("MAIN", "EUR", nil)
	w.rate("GBP", "EUR", -40, "2")
	w.rate("GBP", "EUR", -3, "1.1735")
	w.rate("GBP", "EUR", 2, "3")
	order := priced("ACME", "0.3333", "0.3333")
	order.Lines[1].Service = true
	w.run(w.service)
	invoice := w.billed(order)
	if invoice.GetInvoiceNumber() != "R-00000001" || invoice.GetExchangeRate() != "1.1735" {
		t.Errorf("number %s, rate %s", invoice.GetInvoiceNumber(), invoice.GetExchangeRate())
	}
	// 333 + 333 + 67 + 67 = 800 pence are 938.8 cents.
	if base := invoice.GetBaseTotal(); base.GetMinorUnits() != 939 || base.GetCurrencyCode() != "EUR" {
		t.Errorf("base total %v", base)
	}
	w.rate("GBP", "EUR", -1, "9")
	if again := w.invoices()[0]; !proto.Equal(again, invoice) {
		t.Errorf("a later rate has changed an invoice: %v", again)
	}
	if n := w.count("journal_entry WHERE base_credit_minor > 0"); n != 3 {
		t.Errorf("%d entries have a part of the base currency's 9.39", n)
	}
	w.holds()
}

// Without a rate the invoice waits and says why; when the rate comes it is issued.
func TestInvoiceWaitsForItsExchangeRate(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	w.company("MAIN", "JPY", nil)
	w.rate("GBP", "JPY", 1, "190")  // tomorrow's
	w.rate("JPY", "GBP", 0, "0.01") // the other way
	order := priced("ACME", "10")
	w.granted(order)
	w.ship(shipped(order, 1, 10))
	w.run(w.service)
	w.eventually("it is deferred", func() bool { return w.count("invoice WHERE counted") == 1 })
	if invoice := w.invoices()[0]; invoice.GetTaxDeferredReason() != "RATE_UNKNOWN" || invoice.GetInvoiceNumber() != "" {
		t.Errorf("an invoice without a rate: %v", invoice)
	}
	w.wantCredit("ACME", 0, 12_000, 0)
	w.rate("GBP", "JPY", 0, "187.5")
	if invoice := w.allIssued(1)[0]; invoice.GetBaseTotal().GetMinorUnits() != 22_500 {
		t.Errorf("120 pounds at 187.5: %v", invoice.GetBaseTotal())
	}
	w.wantCredit("ACME", 12_000, 0, 0)
}

// The bill-to's credit is claimed, it owes the invoice, and the invoice shows both.
func TestBillToOwesTheInvoice(t *testing.T) {
	w := newWorld(t)
	w.account("BRANCH", func(account *masterdataAccount) { account.CreditLimitMinor = 0 })
	w.account("HEAD", nil)
	order := priced("BRANCH", "10")
	order.BillToAccountId = "HEAD"
	if reasons := w.claim(claimOf("k", reprice(order))); reasons[0] != "" {
		t.Fatalf("the branch's limit was asked: %v", reasons)
	}
	w.wantCredit("HEAD", 0, 0, 12_000)
	w.ship(shipped(order, 1, 10))
	w.run(w.service)
	invoice := w.allIssued(1)[0]
	if invoice.GetAccountId() != "BRANCH" || invoice.GetBillToAccountId() != "HEAD" {
		t.Errorf("ordered by %s, owed by %s", invoice.GetAccountId(), invoice.GetBillToAccountId())
	}
	w.wantCredit("HEAD", 12_000, 0, 0)
	w.wantCredit("BRANCH", 0, 0, 0)
	for _, test := range []struct {
		account, billTo string
		want            int
	}{{"BRANCH", "", 1}, {"HEAD", "", 0}, {"", "HEAD", 1}, {"", "BRANCH", 0}, {"BRANCH", "HEAD", 1}, {"HEAD", "HEAD", 0}} {
		if got := w.listed(test.account, test.billTo); got != test.want {
			t.Errorf("%d invoices ordered by %q and owed by %q", got, test.account, test.billTo)
		}
	}
}
