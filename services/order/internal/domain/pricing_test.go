package domain

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/money"
)

func catalog() *Catalog {
	price := func(text string) money.Price {
		p, err := money.ParsePrice(text)
		if err != nil {
			panic(err)
		}
		return p
	}
	return &Catalog{
		Items: map[string]*Item{
			"bolt":  {SKU: "Bolt", BaseUnit: "EA", Units: []Unit{{"CS", 12, 1, ""}, {"TH", 1000, 3, ""}}},
			"oil":   {SKU: "OIL", BaseUnit: "L", Scale: 3, Units: []Unit{{"GAL", 3785, 1000, ""}}},
			"old":   {SKU: "OLD", BaseUnit: "EA", Inactive: true},
			"fancy": {SKU: "FANCY", BaseUnit: "EA"},
		},
		Accounts: map[string]*Account{
			"ACME": {ID: "ACME", Currency: "GBP", PriceLists: []string{"ACME-2026"}, Rounding: money.HalfUp},
			"GONE": {ID: "GONE", Currency: "GBP", Inactive: true, Rounding: money.HalfUp},
		},
		Prices: map[PriceKey][]ListPrice{
			{"BASE", "GBP", "bolt"}:      {{UnitPrice: price("0.25")}},
			{"BASE", "GBP", "oil"}:       {{UnitPrice: price("9.995")}},
			{"ACME-2026", "GBP", "oil"}:  {{UnitPrice: price("9.5")}},
			{"BASE", "EUR", "bolt"}:      {{UnitPrice: price("0.3")}},
			{"BASE", "GBP", "old"}:       {{UnitPrice: price("1")}},
			{"SOMEONE", "GBP", "fancy"}:  {{UnitPrice: price("1")}},
			{"ACME-2026", "EUR", "bolt"}: {{UnitPrice: price("1")}},
		},
	}
}

func ordered(sku, quantity, unit, price string) AskLine {
	return AskLine{SKU: sku, Quantity: quantity, Unit: unit, UnitPrice: price}
}

func TestPrice(t *testing.T) {
	tests := []struct {
		name     string
		line     AskLine
		mayAgree bool
		base     int64
		net      money.Minor
		source   string
		unit     string
	}{
		{"list price, any case", ordered("BOLT", "10", "", ""), false, 10, 250, "LIST:BASE", "EA"},
		{"another unit", ordered("bolt", "2", "CS", ""), false, 24, 600, "LIST:BASE", "EA"},
		{"a third of a thousand is whole for three", ordered("bolt", "3", "TH", ""), false, 1000, 25000, "LIST:BASE", "EA"},
		{"the account's list before BASE", ordered("oil", "1.5", "", ""), false, 1500, 1425, "LIST:ACME-2026", "L"},
		{"half a penny goes up", ordered("oil", "0.001", "", ""), false, 1, 1, "LIST:ACME-2026", "L"},
		{"their price is ours, per case", ordered("bolt", "2", "CS", "3"), false, 24, 600, "LIST:BASE", "EA"},
		{"agreed", ordered("bolt", "2", "CS", "2.99"), true, 24, 598, "AGREED", "CS"},
		{"agreed without a list", ordered("fancy", "2", "", "7"), true, 2, 1400, "AGREED", "EA"},
		{"for nothing", ordered("bolt", "2", "", "0"), true, 2, 0, "AGREED", "EA"},
		{"per an uneven unit", ordered("bolt", "3", "TH", "100"), true, 1000, 30000, "AGREED", "TH"},
	}
	for _, test := range tests {
		priced, err := Price(Ask{AccountID: "ACME", Currency: "GBP", Lines: []AskLine{test.line}, MayAgree: test.mayAgree}, catalog())
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		line := priced.Lines[0]
		if line.Base != test.base || line.Net != test.net || line.Source != test.source || line.PriceUnit != test.unit {
			t.Errorf("%s: %d base, %d net, %s per %s, want %d, %d, %s per %s", test.name, line.Base, line.Net, line.Source,
				line.PriceUnit, test.base, test.net, test.source, test.unit)
		}
		if priced.NetTotal != test.net {
			t.Errorf("%s: total %d", test.name, priced.NetTotal)
		}
	}
}

func TestPriceNamesEveryWrongField(t *testing.T) {
	tests := []struct {
		path, reason      string
		account, currency string
		line              AskLine
	}{
		{"account_id", ReasonUnknownAccount, "NOBODY", "GBP", ordered("bolt", "1", "", "")},
		{"account_id", ReasonInactive, "GONE", "GBP", ordered("bolt", "1", "", "")},
		{"currency_code", ReasonCurrencyMismatch, "ACME", "EUR", ordered("bolt", "1", "", "")},
		{"lines[0].sku", ReasonUnknownItem, "ACME", "GBP", ordered("nut", "1", "", "")},
		{"lines[0].sku", ReasonInactive, "ACME", "GBP", ordered("old", "1", "", "")},
		{"lines[0].sku", ReasonPriceMissing, "ACME", "GBP", ordered("fancy", "1", "", "")},
		{"lines[0].sku", ReasonPriceMissing, "ACME", "GBP", ordered("fancy", "1", "", "5")},
		{"lines[0].unit_price", ReasonPriceDiffers, "ACME", "GBP", ordered("bolt", "1", "", "0.24")},
		{"lines[0].unit_price", ReasonPriceInvalid, "ACME", "GBP", ordered("bolt", "1", "", "-1")},
		{"lines[0].quantity.unit", ReasonUnitUnknown, "ACME", "GBP", ordered("bolt", "1", "KG", "")},
		{"lines[0].quantity.value", "QUANTITY_NOT_POSITIVE", "ACME", "GBP", ordered("bolt", "0", "", "")},
		{"lines[0].quantity.value", "QUANTITY_NOT_POSITIVE", "ACME", "GBP", ordered("bolt", "-3", "", "")},
		{"lines[0].quantity.value", "QUANTITY_INVALID", "ACME", "GBP", ordered("bolt", "many", "", "")},
		{"lines[0].quantity.value", "UOM_NOT_DIVISIBLE", "ACME", "GBP", ordered("bolt", "1", "TH", "")},
		{"lines[0].quantity.value", "UOM_NOT_DIVISIBLE", "ACME", "GBP", ordered("bolt", "0.5", "", "")},
		{"lines[0].quantity.value", "QUANTITY_TOO_LARGE", "ACME", "GBP", ordered("bolt", "99999999999999999999", "", "")},
		{"lines[0].quantity.value", ReasonAmountTooLarge, "ACME", "GBP", ordered("bolt", "9000000000000000000", "", "")},
	}
	for _, test := range tests {
		_, err := Price(Ask{AccountID: test.account, Currency: test.currency, Lines: []AskLine{test.line}}, catalog())
		refusal, ok := fault.As(err)
		if !ok || refusal.Kind != fault.Invalid || len(refusal.Fields) != 1 {
			t.Errorf("%s %s: %v", test.path, test.reason, err)
			continue
		}
		if got := refusal.Fields[0]; got.Path != test.path || got.Reason != test.reason {
			t.Errorf("%s at %s, want %s at %s", got.Reason, got.Path, test.reason, test.path)
		}
	}
	ask := Ask{AccountID: "NOBODY", Currency: "GBP"}
	for range MaxFaults + 10 {
		ask.Lines = append(ask.Lines, ordered("nut", "1", "", ""))
	}
	_, err := Price(ask, catalog())
	if refusal, _ := fault.As(err); len(refusal.Fields) != MaxFaults {
		t.Errorf("%d fields named, want %d", len(refusal.Fields), MaxFaults)
	}
}

// A price per order unit is ours if and only if it comes out as the same amount per base unit.
func TestSamePriceInAnotherUnit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cents, num := rapid.Int64Range(0, 1_000_000).Draw(t, "ours"), rapid.Int64Range(1, 1000).Draw(t, "num")
		wrong := rapid.Int64Range(0, 2).Draw(t, "wrong")
		c := catalog()
		c.Items["bolt"].Units = []Unit{{"U", num, 1, ""}}
		c.Prices[PriceKey{"BASE", "GBP", "bolt"}] = []ListPrice{{UnitPrice: money.Price(cents * 10_000)}}
		sent := fmt.Sprintf("%d.%02d", cents*num/100, cents*num%100)
		if wrong == 1 {
			sent = fmt.Sprintf("%d.%02d", (cents*num+1)/100, (cents*num+1)%100)
		}
		_, err := Price(Ask{AccountID: "ACME", Currency: "GBP", Lines: []AskLine{ordered("bolt", "1", "U", sent)}}, c)
		if (err == nil) != (wrong != 1) {
			t.Fatalf("ours %d pence per piece, theirs %s per %d: %v", cents, sent, num, err)
		}
	})
}
