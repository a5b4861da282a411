package billing

import (
	"fmt"
	"testing"

	"google.golang.org/protobuf/proto"

	billingv1 "github.com/waybill-dev/waybill/gen/waybill/billing/v1"
	commonv1 "github.com/waybill-dev/waybill/gen/waybill/common/v1"
	orderv1 "github.com/waybill-dev/waybill/gen/waybill/order/v1"
)

// units sets the quantity of every line, and prices the order anew.
func units(order *orderv1.PricedOrder, quantity int64) *orderv1.PricedOrder {
	for _, line := range order.GetLines() {
		line.Quantity = quantity
	}
	return reprice(order)
}

// billed claims an order, ships it whole, and returns its invoice once it is issued.
func (w *world) billed(order *orderv1.PricedOrder) *billingv1.Invoice {
	w.t.Helper()
	before := w.count("invoice WHERE state = 'ISSUED'")
	w.granted(order)
	pairs := make([]int64, 0, 2*len(order.GetLines()))
	for _, line := range order.GetLines() {
		pairs = append(pairs, int64(line.GetLineNumber()), line.GetQuantity())
	}
	w.ship(shipped(order, pairs...))
	return w.allIssued(before + 1)[0]
}

func totals(invoice *billingv1.Invoice) string {
	return fmt.Sprintf("%d + %d = %d %s", invoice.GetNetTotal().GetMinorUnits(), invoice.GetTaxTotal().GetMinorUnits(),
		invoice.GetTotal().GetMinorUnits(), invoice.GetTotal().GetCurrencyCode())
}

// Totals off by a cent: the vectors over which others fell, by line and by document. A discount of a line is agreed as a
// price of six decimals: 348.35 less 4 % is 334.416.
func TestTotalsOffByACent(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", func(account *masterdataAccount) { account.UnlimitedCredit = true })
	w.run(w.service)
	for _, test := range []struct {
		name        string
		prices      []string
		quantity    int64
		place       string
		line, whole string
	}{
		{"348.35 × 16, −4 %, +22 %", []string{"334.416"}, 16, "IT", "535066 + 117715 = 652781 GBP", "535066 + 117714 = 652780 GBP"},
		{"three at 8.6957", []string{"8.6957", "8.6957", "8.6957"}, 1, "", "2610 + 0 = 2610 GBP", "2609 + 0 = 2609 GBP"},
		{"three taxes that do not sum to the tax", []string{"0.03", "0.03", "0.03"}, 1, "GB", "9 + 3 = 12 GBP", "9 + 2 = 11 GBP"},
	} {
		order := priced("ACME", test.prices...)
		order.TaxJurisdiction = test.place
		if got := totals(w.billed(units(order, test.quantity))); got != test.line {
			t.Errorf("%s per line: %s, want %s", test.name, got, test.line)
		}
		order = priced("ACME", test.prices...)
		order.TaxJurisdiction, order.TaxMode = test.place, commonv1.TaxMode_TAX_MODE_PER_DOCUMENT
		invoice := w.billed(units(order, test.quantity))
		if got := totals(invoice); got != test.whole {
			t.Errorf("%s per document: %s, want %s", test.name, got, test.whole)
		}
		var net, tax int64
		for _, line := range invoice.GetLines() {
			net, tax = net+line.GetNetAmountMinor(), tax+line.GetTaxAmountMinor()
		}
		if net != invoice.GetNetTotal().GetMinorUnits() || tax != invoice.GetTaxTotal().GetMinorUnits() {
			t.Errorf("%s: the printed lines do not add up: %v", test.name, invoice)
		}
	}
}

// An order that is rounded as a whole adds up over its shipments.
func TestShipmentsOfAnOrderThatIsRoundedOnceAddUp(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	order := priced("ACME", "8.6957", "8.6957", "8.6957")
	order.TaxMode = commonv1.TaxMode_TAX_MODE_PER_DOCUMENT
	w.granted(units(order, 1))
	w.run(w.service)
	for line := range int64(3) {
		w.ship(shipped(order, line+1, 1))
	}
	var net int64
	for _, invoice := range w.allIssued(3) {
		net += invoice.GetNetTotal().GetMinorUnits()
	}
	if net != 2609 {
		t.Errorf("three invoices of %d, want the order's 26.09", net)
	}
}

// Currencies without and with three places, prices of six, and both ways to round a half.
func TestMinorUnitsAndRoundingModes(t *testing.T) {
	w := newWorld(t)
	for _, currency := range []string{"JPY", "BHD", "GBP"} {
		w.account(currency, func(account *masterdataAccount) {
			account.CurrencyCode, account.UnlimitedCredit = currency, true
		})
	}
	w.run(w.service)
	halfUp, halfEven := commonv1.RoundingMode_ROUNDING_MODE_HALF_UP, commonv1.RoundingMode_ROUNDING_MODE_HALF_EVEN
	for _, test := range []struct {
		currency, price string
		quantity        int64
		mode            commonv1.RoundingMode
		want            string
	}{
		{"JPY", "1000.5", 1, halfUp, "1001 + 200 = 1201 JPY"},
		{"JPY", "1000.5", 1, halfEven, "1000 + 200 = 1200 JPY"},
		{"JPY", "0.4", 1, halfUp, "0 + 0 = 0 JPY"},
		{"BHD", "1.2345", 1, halfUp, "1235 + 247 = 1482 BHD"},
		{"BHD", "1.2345", 1, halfEven, "1234 + 247 = 1481 BHD"},
		{"GBP", "0.123456", 1_000_000, halfUp, "12345600 + 2469120 = 14814720 GBP"},
		{"GBP", "0.000001", 5000, halfUp, "1 + 0 = 1 GBP"},
		{"GBP", "0.000001", 5000, halfEven, "0 + 0 = 0 GBP"},
		{"GBP", "0.125", 1, halfUp, "13 + 3 = 16 GBP"},
		{"GBP", "0.125", 1, halfEven, "12 + 2 = 14 GBP"},
	} {
		order := priced(test.currency, test.price)
		order.CurrencyCode, order.Rounding = test.currency, test.mode
		invoice := w.billed(units(order, test.quantity))
		if got := totals(invoice); got != test.want {
			t.Errorf("%d × %s %s, %s: %s, want %s", test.quantity, test.price, test.currency, test.mode, got, test.want)
		}
		if invoice.GetRounding() != test.mode {
			t.Errorf("the document does not say how it was rounded: %s", invoice.GetRounding())
		}
	}
}

// A price that changes between acceptance and invoice changes nothing: what was accepted is invoiced.
func TestPriceChangeBetweenAcceptAndInvoice(t *testing.T) {
	w := newWorld(t)
	w.account("ACME", nil)
	order := priced("ACME", "10")
	w.granted(order)
	w.account("ACME", func(account *masterdataAccount) {
		account.EstimatedTaxRate, account.Rounding, account.Version = "0.1", "HALF_EVEN", 2
	})
	dearer := proto.CloneOf(order)
	dearer.Lines[0].UnitPrice = "12"
	w.ship(shipped(order, 1, 4))
	if reasons := w.claim(claimOf("again", reprice(dearer))); reasons[0] != "SNAPSHOT_CHANGED" {
		t.Errorf("a new price of what has shipped: %v", reasons)
	}
	w.ship(shipped(order, 1, 6))
	w.run(w.service)
	for _, invoice := range w.allIssued(2) {
		if line := invoice.GetLines()[0]; line.GetUnitPrice() != "10" {
			t.Errorf("invoiced at %s", line.GetUnitPrice())
		}
	}
	w.wantCredit("ACME", 12_000, 0, 0)
}
