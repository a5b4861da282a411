package money_test

import (
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/waybill-dev/waybill/internal/money"
)

func line(t *testing.T, price string, qty int64, discount, tax string) money.Line {
	t.Helper()
	p, err := money.ParsePrice(price)
	if err != nil {
		t.Fatal(err)
	}
	d, err := money.ParseRate(discount)
	if err != nil {
		t.Fatal(err)
	}
	r, err := money.ParseRate(tax)
	if err != nil {
		t.Fatal(err)
	}
	return money.Line{Price: p, Quantity: qty, Discount: d, Tax: r}
}

// The vectors over which Odoo's users fell (#37896, #275093).
func TestGoldenVectors(t *testing.T) {
	discounted := []money.Line{line(t, "348.35", 16, "0.04", "0.22")}
	three := []money.Line{line(t, "8.6957", 1, "0", "0"), line(t, "8.6957", 1, "0", "0"), line(t, "8.6957", 1, "0", "0")}
	tests := []struct {
		name  string
		lines []money.Line
		level money.TaxLevel
		want  []money.Amounts
		total money.Amounts
	}{
		{
			"discount and tax per line", discounted, money.PerLine,
			[]money.Amounts{{Net: 535066, Tax: 117715, Gross: 652781}}, money.Amounts{Net: 535066, Tax: 117715, Gross: 652781},
		},
		{
			"discount and tax per document", discounted, money.PerDocument,
			[]money.Amounts{{Net: 535066, Tax: 117714, Gross: 652780}}, money.Amounts{Net: 535066, Tax: 117714, Gross: 652780},
		},
		{
			"three lines per line", three, money.PerLine,
			[]money.Amounts{{Net: 870, Gross: 870}, {Net: 870, Gross: 870}, {Net: 870, Gross: 870}},
			money.Amounts{Net: 2610, Gross: 2610},
		},
		{
			"three lines per document", three, money.PerDocument,
			[]money.Amounts{{Net: 870, Gross: 870}, {Net: 870, Gross: 870}, {Net: 869, Gross: 869}},
			money.Amounts{Net: 2609, Gross: 2609},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			lines, total, err := money.Total(test.lines, "EUR", money.HalfUp, test.level)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, lines); diff != "" {
				t.Errorf("lines (-want +got):\n%s", diff)
			}
			if total != test.total {
				t.Errorf("total %+v, want %+v", total, test.total)
			}
		})
	}
}

// The missing unit goes to the line that lost most, not to the first.
func TestResidualGoesToTheLargestRemainder(t *testing.T) {
	lines := []money.Line{line(t, "1.2", 1, "0", "0"), line(t, "1.3", 1, "0", "0"), line(t, "1.5", 1, "0", "0")}
	amounts, _, err := money.Total(lines, "JPY", money.HalfUp, money.PerDocument)
	if err != nil {
		t.Fatal(err)
	}
	if got := [...]int64{amounts[0].Net, amounts[1].Net, amounts[2].Net}; got != [...]int64{1, 1, 2} {
		t.Errorf("net amounts %v, want 1 1 2", got)
	}
}

func TestTotalRefuses(t *testing.T) {
	good := []money.Line{{Price: 1_000_000, Quantity: 1}}
	huge := []money.Line{{Price: math.MaxInt64, Quantity: math.MaxInt64}}
	half := money.Line{Price: 9_000_000_000_000_000_000, Quantity: 10_000} // 9 × 10^18 minor units
	tests := []struct {
		name     string
		lines    []money.Line
		currency string
		mode     money.Rounding
		level    money.TaxLevel
		want     error
	}{
		{"currency", good, "XXX", money.HalfUp, money.PerLine, money.ErrCurrency},
		{"mode", good, "EUR", "", money.PerLine, money.ErrRounding},
		{"level", good, "EUR", money.HalfUp, "", money.ErrRounding},
		{"scale", []money.Line{{Scale: 7}}, "EUR", money.HalfUp, money.PerLine, money.ErrScale},
		{"a line too large, per line", huge, "EUR", money.HalfUp, money.PerLine, money.ErrOverflow},
		{"a line too large, per document", huge, "EUR", money.HalfUp, money.PerDocument, money.ErrOverflow},
		{"the sum too large, per line", []money.Line{half, half}, "EUR", money.HalfUp, money.PerLine, money.ErrOverflow},
		{"the sum too large, per document", []money.Line{half, half}, "EUR", money.HalfUp, money.PerDocument, money.ErrOverflow},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, _, err := money.Total(test.lines, test.currency, test.mode, test.level); !errors.Is(err, test.want) {
				t.Errorf("%v, want %v", err, test.want)
			}
		})
	}
}

// Whatever the lines are, printed lines add up, each line is within one unit of its exact amount, and the document's net
// is within half a unit of the exact sum when it is rounded per document.
func TestPrintedLinesAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) money.Line {
			return money.Line{
				Price:    money.Price(rapid.Int64Range(-1e9, 1e12).Draw(t, "price")),
				Quantity: rapid.Int64Range(-1000, 100_000).Draw(t, "qty"),
				Scale:    rapid.IntRange(0, 6).Draw(t, "scale"),
				Discount: money.Rate(rapid.Int64Range(0, 1_000_000).Draw(t, "discount")),
				Tax:      rapid.SampledFrom([]money.Rate{0, 50_000, 220_000, 333_333}).Draw(t, "tax"),
			}
		}), 0, 12).Draw(t, "lines")
		currency := rapid.SampledFrom([]string{"JPY", "EUR", "BHD"}).Draw(t, "currency")
		mode := rapid.SampledFrom([]money.Rounding{money.HalfUp, money.HalfEven}).Draw(t, "mode")

		single, perLine, err := money.Total(lines, currency, mode, money.PerLine)
		if err != nil {
			t.Fatal(err)
		}
		spread, perDocument, err := money.Total(lines, currency, mode, money.PerDocument)
		if err != nil {
			t.Fatal(err)
		}
		for _, sum := range []struct {
			lines []money.Amounts
			total money.Amounts
		}{{single, perLine}, {spread, perDocument}} {
			var net, tax, gross int64
			for _, amounts := range sum.lines {
				net, tax, gross = net+amounts.Net, tax+amounts.Tax, gross+amounts.Gross
				if amounts.Gross != amounts.Net+amounts.Tax {
					t.Fatalf("gross of %+v", amounts)
				}
			}
			if (money.Amounts{Net: net, Tax: tax, Gross: gross}) != sum.total {
				t.Fatalf("lines sum to %d %d %d, document says %+v", net, tax, gross, sum.total)
			}
		}
		for i := range single {
			if apart := single[i].Net - spread[i].Net; apart < -1 || apart > 1 {
				t.Fatalf("line %d is %d alone and %d in the document", i, single[i].Net, spread[i].Net)
			}
		}
	})
}
