package domain_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
)

func TestPriceKeys(t *testing.T) {
	for want, price := range map[string]domain.Price{
		"BASE|GBP|ab":              {PriceList: "BASE", CurrencyCode: "GBP", SKU: "Ab"},
		"BASE|GBP|ab|12|":          {PriceList: "BASE", CurrencyCode: "GBP", SKU: "Ab", MinQuantity: "12"},
		"BASE|GBP|ab||2026-01-01":  {PriceList: "BASE", CurrencyCode: "GBP", SKU: "Ab", ValidFrom: "2026-01-01"},
		"BASE|GBP|ab|0.5|2026-1-1": {PriceList: "BASE", CurrencyCode: "GBP", SKU: "Ab", MinQuantity: "0.5", ValidFrom: "2026-1-1"},
		`A|GBP|a\|12\|`:            {PriceList: "A", CurrencyCode: "GBP", SKU: "a|12|"},
	} {
		if got := price.Key(); got != want {
			t.Errorf("key %s, want %s", got, want)
		}
	}
}

// Two prices have one key only when list, currency, item, quantity and day are the same.
func TestPriceKeysTellPricesApart(t *testing.T) {
	text := rapid.StringMatching(`[a|\\]{1,3}`)
	price := rapid.Custom(func(t *rapid.T) domain.Price {
		return domain.Price{
			PriceList: rapid.StringMatching(`[a\\]{1,3}`).Draw(t, "list"), CurrencyCode: "GBP", SKU: text.Draw(t, "sku"),
			MinQuantity: rapid.SampledFrom([]string{"", "1"}).Draw(t, "quantity"), ValidFrom: rapid.SampledFrom([]string{"", "2026-01-01"}).Draw(t, "from"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := price.Draw(t, "a"), price.Draw(t, "b")
		if (a.Key() == b.Key()) != (a == b) {
			t.Fatalf("%+v and %+v: keys %s and %s", a, b, a.Key(), b.Key())
		}
	})
}

func TestWrongPrices(t *testing.T) {
	for _, test := range []struct {
		price domain.Price
		want  []string
	}{
		{domain.Price{CurrencyCode: "GBP", UnitPrice: "0"}, nil},
		{domain.Price{PriceList: "A|B", CurrencyCode: "GBP", UnitPrice: "1"}, []string{"price_list PRICE_LIST_INVALID"}},
		{domain.Price{CurrencyCode: "JPY", UnitPrice: "0.000001", ValidFrom: "2026-01-01", ValidUntil: "2026-01-01"}, nil},
		{domain.Price{CurrencyCode: "XTS", UnitPrice: "1.0000001"}, []string{"currency_code CURRENCY_UNKNOWN", "unit_price PRICE_INVALID"}},
		{domain.Price{CurrencyCode: "GBP", UnitPrice: "1", ValidFrom: "2026-01-02", ValidUntil: "2026-01-01"}, []string{"valid_until VALIDITY_EMPTY"}},
		{domain.Price{CurrencyCode: "GBP", UnitPrice: "1", ValidFrom: "2026-02-30"}, []string{"valid_from DATE_INVALID"}},
	} {
		if diff := cmp.Diff(test.want, complaints(test.price.Wrong())); diff != "" {
			t.Errorf("%+v:\n%s", test.price, diff)
		}
	}
}

func TestReferPrices(t *testing.T) {
	items := map[string]domain.Item{"a": piece("A", nil)}
	referred, wrong := domain.ReferPrices([]domain.Price{
		{SKU: "a", PriceUnit: "CS", MinQuantity: "12.0"}, {SKU: "a", PriceUnit: "EA"}, {SKU: "b"},
		{SKU: "a", PriceUnit: "PL"}, {SKU: "a", MinQuantity: "0.5"},
	}, items)
	want := []string{"prices[2].sku UNKNOWN_ITEM", "prices[3].price_unit UOM_UNKNOWN", "prices[4].min_quantity UOM_NOT_DIVISIBLE"}
	if diff := cmp.Diff(want, complaints(wrong)); diff != "" {
		t.Error(diff)
	}
	if referred[0].SKU != "A" || referred[0].PriceUnit != "CS" || referred[1].PriceUnit != "" {
		t.Errorf("referred %+v", referred)
	}
}

func TestWrongRates(t *testing.T) {
	for _, test := range []struct {
		rate domain.ExchangeRate
		want []string
	}{
		{domain.ExchangeRate{From: "EUR", To: "GBP", Date: "2026-01-01", Rate: "0.8612345678"}, nil},
		{domain.ExchangeRate{From: "EUR", To: "EUR", Date: "2026-01-01", Rate: "1"}, []string{"to_currency_code SAME_CURRENCY"}},
		{domain.ExchangeRate{From: "DEM", To: "GBP", Date: "2026-00-01", Rate: "0.0"},
			[]string{"from_currency_code CURRENCY_UNKNOWN", "date DATE_INVALID", "rate RATE_INVALID"}},
	} {
		if diff := cmp.Diff(test.want, complaints(test.rate.Wrong())); diff != "" {
			t.Errorf("%+v:\n%s", test.rate, diff)
		}
	}
}

// However the changes of a pair fall into sets, their numbers go on without a gap: they are the sequences of its events.
func TestRatesOfAPairAreCountedTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		stored, latest := map[string]domain.ExchangeRate{}, map[string]int64{}
		for range rapid.IntRange(1, 5).Draw(t, "sets") {
			set := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) domain.ExchangeRate {
				return domain.ExchangeRate{
					From: rapid.SampledFrom([]string{"EUR", "USD"}).Draw(t, "from"), To: "GBP",
					Date: rapid.SampledFrom([]string{"2026-01-01", "2026-01-02"}).Draw(t, "date"),
					Rate: rapid.SampledFrom([]string{"1", "2"}).Draw(t, "rate"),
				}
			}), 1, 4, domain.ExchangeRate.Key).Draw(t, "set")
			plan, err := domain.Decide(stored, set, "exchange_rates", nil, now)
			if err != nil {
				t.Fatal(err)
			}
			plan = domain.NumberRates(plan, latest)
			for _, rate := range plan.Changed {
				if rate.Version.Number != latest[rate.Pair()]+1 {
					t.Fatalf("%s got number %d after %d", rate.Key(), rate.Version.Number, latest[rate.Pair()])
				}
				latest[rate.Pair()]++
			}
			for _, rate := range plan.Result {
				stored[rate.Key()] = rate
			}
			for _, rate := range plan.Changed {
				if stored[rate.Key()] != rate {
					t.Fatalf("the reply says %+v, stored is %+v", stored[rate.Key()], rate)
				}
			}
		}
	})
}
