package domain

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/money"
)

// millionths is a quantity as prices have it.
func millionths(units int64) int64 { return units * 1_000_000 }

func dated() *Catalog {
	c := catalog()
	price := func(pence int64, from, until, unit string, minimum int64) ListPrice {
		return ListPrice{UnitPrice: money.Price(pence * 10_000), From: from, Until: until, Unit: unit, MinQuantity: minimum}
	}
	c.Prices[PriceKey{"BASE", "GBP", "bolt"}] = []ListPrice{
		price(100, "", "", "", 0),
		price(110, "2026-03-01", "", "", 0),
		price(90, "", "2026-06-30", "", millionths(24)-500_000),
		price(960, "2026-07-01", "", "CS", millionths(24)),
	}
	c.Prices[PriceKey{"ACME-2026", "GBP", "bolt"}] = []ListPrice{price(80, "2026-01-01", "2026-01-31", "", millionths(100))}
	c.Prices[PriceKey{"BASE", "GBP", "oil"}] = []ListPrice{price(50, "", "", "", 0), price(40, "", "", "", 1_500_000)}
	delete(c.Prices, PriceKey{"ACME-2026", "GBP", "oil"})
	c.Items["bolt"].Units = append(c.Items["bolt"].Units, Unit{"CS", 10, 1, "2026-05-01"})
	return c
}

func TestListPricesHoldByDayAndQuantity(t *testing.T) {
	for _, test := range []struct {
		name, day string
		line      AskLine
		price     string
		unit      string
		source    string
		net       money.Minor
	}{
		{"before the newer price", "2026-02-28", ordered("bolt", "1", "", ""), "1", "EA", "LIST:BASE", 100},
		{"from its first day on", "2026-03-01", ordered("bolt", "1", "", ""), "1.1", "EA", "LIST:BASE", 110},
		{"from a quantity on", "2026-03-01", ordered("bolt", "24", "", ""), "0.9", "EA", "LIST:BASE", 2160},
		{"one less", "2026-03-01", ordered("bolt", "23", "", ""), "1.1", "EA", "LIST:BASE", 2530},
		{"the base quantity counts", "2026-03-01", ordered("bolt", "2", "CS", ""), "0.9", "EA", "LIST:BASE", 2160},
		{"on its last day", "2026-06-30", ordered("bolt", "24", "", ""), "0.9", "EA", "LIST:BASE", 2160},
		{"after it, per case of ten", "2026-07-01", ordered("bolt", "24", "", ""), "9.6", "CS", "LIST:BASE", 2304},
		{"the account's list in its time", "2026-01-31", ordered("bolt", "100", "", ""), "0.8", "EA", "LIST:ACME-2026", 8000},
		{"and not after it", "2026-02-01", ordered("bolt", "100", "", ""), "0.9", "EA", "LIST:BASE", 9000},
		{"a case had twelve", "2026-04-30", ordered("bolt", "1", "CS", ""), "1.1", "EA", "LIST:BASE", 1320},
		{"and has ten", "2026-05-01", ordered("bolt", "1", "CS", ""), "1.1", "EA", "LIST:BASE", 1100},
		{"a fraction of a unit", "2026-05-01", ordered("oil", "1.499", "", ""), "0.5", "L", "LIST:BASE", 75},
		{"is enough at the mark", "2026-05-01", ordered("oil", "1.5", "", ""), "0.4", "L", "LIST:BASE", 60},
		{"their price per case is ours per piece", "2026-05-01", ordered("bolt", "1", "CS", "11"), "1.1", "EA", "LIST:BASE", 1100},
		{"their price per piece is ours per case", "2026-07-01", ordered("bolt", "30", "", "0.96"), "9.6", "CS", "LIST:BASE", 2880},
	} {
		priced, err := Price(Ask{AccountID: "ACME", Currency: "GBP", Day: test.day, Lines: []AskLine{test.line}}, dated())
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		line := priced.Lines[0]
		if line.UnitPrice.String() != test.price || line.PriceUnit != test.unit || line.Source != test.source || line.Net != test.net {
			t.Errorf("%s: %s per %s from %s, net %d, want %s per %s from %s, net %d", test.name,
				line.UnitPrice, line.PriceUnit, line.Source, line.Net, test.price, test.unit, test.source, test.net)
		}
	}
}

func TestBreaksOfAQuote(t *testing.T) {
	c := dated()
	priced, err := Price(Ask{AccountID: "ACME", Currency: "GBP", Day: "2026-03-01", Lines: []AskLine{ordered("bolt", "1", "", "")}}, c)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, one := range priced.Breaks(&priced.Lines[0], c) {
		got = append(got, fmt.Sprintf("%d: %s per %s", one.MinQuantity/1_000_000, one.UnitPrice, one.Unit))
	}
	if fmt.Sprint(got) != "[0: 1.1 per EA 23: 0.9 per EA]" {
		t.Errorf("breaks %v", got)
	}
}

func TestPriceWithinToleranceIsAgreedAndBeyondItHeld(t *testing.T) {
	for _, test := range []struct {
		sent      string
		tolerance int32
		hold      bool
		source    string
		differs   string
		reason    string
	}{
		{"0.25", 0, false, "LIST:BASE", "", ""},
		{"0.2525", 100, false, SourceAgreed, "", ""},
		{"0.2475", 100, false, SourceAgreed, "", ""},
		{"0.252501", 100, false, "", "", ReasonPriceDiffers},
		{"0.252501", 100, true, "LIST:BASE", "sent 0.252501 per EA, ours is 0.25 per EA", ""},
		{"0.24", 0, true, "LIST:BASE", "sent 0.24 per EA, ours is 0.25 per EA", ""},
	} {
		c := catalog()
		c.Accounts["ACME"].PriceTolerance, c.Accounts["ACME"].HoldPrices = test.tolerance, test.hold
		priced, err := Price(Ask{AccountID: "ACME", Currency: "GBP", Lines: []AskLine{ordered("bolt", "10", "", test.sent)}}, c)
		if fault.ReasonOf(err) != test.reason {
			t.Errorf("%+v: %v", test, err)
		}
		if err != nil {
			continue
		}
		if line := priced.Lines[0]; line.Source != test.source || line.Differs != test.differs {
			t.Errorf("%+v: from %s, differs %q", test, line.Source, line.Differs)
		}
		if test.differs != "" && (priced.Differences() != "line 1: "+test.differs || priced.NetTotal != 250) {
			t.Errorf("%+v: %q, net %d, want our price", test, priced.Differences(), priced.NetTotal)
		}
	}
}

func TestItemsByCode(t *testing.T) {
	c := catalog()
	gtin := CodeKey{Type: "GTIN", Code: "05012345678900"}
	buyer, twice := CodeKey{Type: "BUYER", Partner: "SHOP", Code: "77"}, CodeKey{Type: "VENDOR", Partner: "SHOP", Code: "9"}
	c.Codes = map[CodeKey][]CodedItem{gtin: {{"bolt", "CS"}}, buyer: {{"oil", ""}}, twice: {{"oil", ""}, {"bolt", ""}}}
	line := func(code CodeKey, sku string) AskLine { return AskLine{Code: code, SKU: sku, Quantity: "2"} }
	for _, test := range []struct {
		line   AskLine
		item   SKU
		base   int64
		reason string
	}{
		{line(gtin, ""), "Bolt", 24, ""},
		{AskLine{Code: gtin, Quantity: "2", Unit: "EA"}, "Bolt", 2, ""},
		{line(buyer, ""), "OIL", 2000, ""},
		{line(CodeKey{Type: "BUYER", Partner: "OTHER", Code: "77"}, ""), "", 0, ReasonUnknownItem},
		{line(twice, ""), "", 0, ReasonAmbiguousCode},
		{line(buyer, "oil"), "", 0, ReasonItemTwice},
	} {
		priced, err := Price(Ask{AccountID: "ACME", Currency: "GBP", Lines: []AskLine{test.line}}, c)
		if fault.ReasonOf(err) != test.reason {
			t.Errorf("%+v: %v", test.line, err)
		}
		if refusal, ok := fault.As(err); ok && refusal.Fields[0].Path != "lines[0].item_code" {
			t.Errorf("%+v: at %s", test.line, refusal.Fields[0].Path)
		}
		if err == nil && (priced.Lines[0].Item.SKU != test.item || priced.Lines[0].Base != test.base) {
			t.Errorf("%+v: %d of %s", test.line, priced.Lines[0].Base, priced.Lines[0].Item.SKU)
		}
	}
}

// Each charge is the sum of its parts whatever the lines and the charges are.
func TestChargesAreTheSumOfTheirParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ask := Ask{AccountID: "ACME", Currency: "GBP", MayAgree: true}
		for range rapid.IntRange(1, 9).Draw(t, "lines") {
			price := rapid.Int64Range(0, 1000).Draw(t, "pence")
			ask.Lines = append(ask.Lines, ordered("bolt", fmt.Sprint(rapid.IntRange(1, 50).Draw(t, "quantity")), "",
				fmt.Sprintf("%d.%02d", price/100, price%100)))
		}
		for range rapid.IntRange(1, 4).Draw(t, "charges") {
			charge := AskCharge{Type: rapid.SampledFrom([]ChargeType{Freight, Fee}).Draw(t, "type"), Currency: "GBP"}
			charge.Amount = rapid.Int64Range(0, 10_000).Draw(t, "amount")
			ask.Charges = append(ask.Charges, charge)
		}
		ask.Charges = append(ask.Charges, AskCharge{Type: Discount, Percent: fmt.Sprintf("%d.%04d",
			rapid.IntRange(0, 99).Draw(t, "percent"), rapid.IntRange(0, 9999).Draw(t, "fraction"))})
		priced, err := Price(ask, catalog())
		if err != nil {
			t.Fatal(err)
		}
		total := priced.NetTotal
		for at, charge := range priced.Charges {
			var sum money.Minor
			for i := range priced.Lines {
				sum += priced.Lines[i].Charges[at]
			}
			if sum != charge.Amount {
				t.Fatalf("charge %+v has parts of %d", charge, sum)
			}
			total += charge.Amount
		}
		if total != priced.Total {
			t.Fatalf("total %d, want %d", priced.Total, total)
		}
	})
}

func TestChargesThatAreWrong(t *testing.T) {
	for _, test := range []struct {
		charge       AskCharge
		path, reason string
		amount       money.Minor
	}{
		{AskCharge{Type: Discount, Percent: "4"}, "", "", -100},
		{AskCharge{Type: Discount, Percent: "0.02"}, "", "", -1}, // half a penny goes up
		{AskCharge{Type: Discount, Amount: 2500, Currency: "GBP"}, "", "", -2500},
		{AskCharge{Type: Freight, Amount: 250, Currency: "GBP"}, "", "", 250},
		{AskCharge{Type: Discount, Amount: 2501, Currency: "GBP"}, "charges", ReasonDiscountTooLarge, 0},
		{AskCharge{Type: Discount, Percent: "100.0001"}, "charges[0].percent", ReasonChargeInvalid, 0},
		{AskCharge{Type: Freight, Percent: "5"}, "charges[0].percent", ReasonChargeInvalid, 0},
		{AskCharge{Type: Fee, Amount: 5, Currency: "EUR"}, "charges[0].amount.currency_code", ReasonChargeInvalid, 0},
		{AskCharge{Type: Fee, Amount: -5, Currency: "GBP"}, "charges[0].amount.minor_units", ReasonChargeInvalid, 0},
		{AskCharge{Type: Discount, Percent: "5", TaxClass: "zero"}, "charges[0].tax_class", ReasonChargeInvalid, 0},
	} {
		priced, err := Price(Ask{
			AccountID: "ACME", Currency: "GBP", Lines: []AskLine{ordered("bolt", "100", "", "")}, Charges: []AskCharge{test.charge},
		}, catalog())
		refusal, refused := fault.As(err)
		switch {
		case refused != (test.reason != ""):
			t.Errorf("%+v: %v", test.charge, err)
		case refused && (refusal.Fields[0].Path != test.path || refusal.Fields[0].Reason != test.reason):
			t.Errorf("%+v: %v", test.charge, refusal.Fields)
		case !refused && priced.Charges[0].Amount != test.amount:
			t.Errorf("%+v: %d, want %d", test.charge, priced.Charges[0].Amount, test.amount)
		}
	}
}

func TestTermsOfBillToShipToAndLegalEntity(t *testing.T) {
	c := catalog()
	c.Accounts["BRANCH"] = &Account{
		ID: "BRANCH", LegalEntity: "UK", Currency: "GBP", BillTo: "ACME", TaxJurisdiction: "GB",
		ShipTos: []ShipTo{{Code: "DC", TaxJurisdiction: "GB-NIR"}, {Code: "SHUT", Inactive: true}},
	}
	c.Entities = map[string]*LegalEntity{"UK": {Rounding: money.HalfEven, PerDocument: true, TaxJurisdiction: "XX"}}
	lines := []AskLine{ordered("bolt", "1", "", "")}
	priced, err := Price(Ask{AccountID: "BRANCH", Currency: "GBP", Lines: lines, ShipTo: AskShipTo{Code: "DC"}}, c)
	if err != nil {
		t.Fatal(err)
	}
	if priced.BillTo.ID != "ACME" || priced.Rounding != money.HalfEven || !priced.PerDocument || priced.TaxJurisdiction != "GB-NIR" {
		t.Errorf("terms %+v", priced)
	}
	for _, test := range []struct {
		change       func(*Ask)
		path, reason string
	}{
		{func(a *Ask) { a.ShipTo.Code = "NOWHERE" }, "ship_to_code", ReasonUnknownShipTo},
		{func(a *Ask) { a.ShipTo.Code = "SHUT" }, "ship_to_code", ReasonInactive},
		{func(a *Ask) { a.ShipTo.Given = true }, "ship_to_code", ReasonShipToTwice},
		{func(a *Ask) { a.Lines[0].ShipTo.Code = "NOWHERE" }, "lines[0].ship_to_code", ReasonUnknownShipTo},
		{func(*Ask) { c.Accounts["ACME"].Inactive = true }, "account_id", ReasonInactive},
		{func(*Ask) { delete(c.Accounts, "ACME") }, "account_id", ReasonUnknownAccount},
	} {
		ask := Ask{AccountID: "BRANCH", Currency: "GBP", Lines: []AskLine{ordered("bolt", "1", "", "")}, ShipTo: AskShipTo{Code: "DC"}}
		test.change(&ask)
		_, err := Price(ask, c)
		if refusal, ok := fault.As(err); !ok || refusal.Fields[0].Path != test.path || refusal.Fields[0].Reason != test.reason {
			t.Errorf("%s %s: %v", test.path, test.reason, err)
		}
	}
}
