package money_test

import (
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/waybill-dev/waybill/internal/money"
)

func TestSpread(t *testing.T) {
	for _, test := range []struct {
		total int64
		exact []string
		want  []int64
	}{
		{2609, []string{"869.57", "869.57", "869.57"}, []int64{870, 870, 869}},
		{3, []string{"0.2", "0.9", "0.9"}, []int64{1, 1, 1}},
		{0, []string{"1", "0"}, []int64{0, 0}},
		{7, []string{"1.5", "1.25"}, []int64{4, 3}},
		{-1, []string{"0.5"}, []int64{-1}},
		{5, []string{"3", "3.1"}, []int64{2, 3}},
		{0, nil, []int64{}},
	} {
		exact := make([]*big.Rat, len(test.exact))
		for i, text := range test.exact {
			exact[i], _ = new(big.Rat).SetString(text)
		}
		if got, err := money.Spread(test.total, exact); err != nil || !slices.Equal(got, test.want) {
			t.Errorf("Spread(%d, %v) = %v, %v, want %v", test.total, test.exact, got, err, test.want)
		}
	}
}

// What is spread adds up, and a rounded sum that grows is never spread below zero.
func TestSpreadOfACumulativeSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mode := rapid.SampledFrom([]money.Rounding{money.HalfUp, money.HalfEven}).Draw(t, "mode")
		sum, given := new(big.Rat), money.Minor(0)
		for range rapid.IntRange(1, 6).Draw(t, "documents") {
			var exact []*big.Rat
			for range rapid.IntRange(1, 4).Draw(t, "lines") {
				amount := big.NewRat(rapid.Int64Range(0, 400).Draw(t, "amount"), rapid.SampledFrom([]int64{1, 2, 3, 100}).Draw(t, "per"))
				exact = append(exact, amount)
				sum.Add(sum, amount)
			}
			rounded, err := money.RoundExact(sum, mode)
			if err != nil {
				t.Fatal(err)
			}
			parts, err := money.Spread(rounded-given, exact)
			if err != nil {
				t.Fatal(err)
			}
			for i, part := range parts {
				if given += part; part < 0 {
					t.Fatalf("part %d of %v is below zero", i, parts)
				}
			}
			if given != rounded {
				t.Fatalf("%d are given of %d", given, rounded)
			}
		}
	})
}

func TestShare(t *testing.T) {
	for _, test := range []struct {
		total, part, whole, want int64
		mode                     money.Rounding
	}{
		{100, 1, 3, 33, money.HalfUp}, {100, 2, 3, 67, money.HalfUp}, {-100, 2, 3, -67, money.HalfUp},
		{5, 1, 2, 3, money.HalfUp}, {5, 1, 2, 2, money.HalfEven}, {100, 3, 3, 100, money.HalfEven},
	} {
		if got, err := money.Share(test.total, test.part, test.whole, test.mode); err != nil || got != test.want {
			t.Errorf("Share(%d, %d, %d) = %d, %v, want %d", test.total, test.part, test.whole, got, err, test.want)
		}
	}
	if _, err := money.Share(1, 1, 0, money.HalfUp); err == nil {
		t.Error("a share of nothing was taken")
	}
}

func TestExchangeRate(t *testing.T) {
	for _, test := range []struct {
		rate     string
		amount   int64
		from, to string
		want     int64
	}{
		{"1.1735", 10_000, "GBP", "EUR", 11_735},
		{"0.0065", 1000, "JPY", "EUR", 650},
		{"153.846", 650, "EUR", "JPY", 1000},
		{"2.4", 1500, "BHD", "EUR", 360},
		{"1", 99, "EUR", "EUR", 99},
		{"0.5", 1, "GBP", "EUR", 1},
	} {
		rate, err := money.ParseExchangeRate(test.rate)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := rate.Convert(test.amount, test.from, test.to, money.HalfUp); err != nil || got != test.want {
			t.Errorf("%d %s at %s: %d %s, %v, want %d", test.amount, test.from, rate, got, test.to, err, test.want)
		}
	}
	for _, wrong := range []string{"0", "-1", "1,5", "1.12345678901", ""} {
		if _, err := money.ParseExchangeRate(wrong); err == nil {
			t.Errorf("the rate %q was taken", wrong)
		}
	}
}
