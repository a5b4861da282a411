package money_test

import (
	"errors"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/waybill-dev/waybill/internal/money"
)

func TestParsePriceAndRate(t *testing.T) {
	tests := []struct {
		text string
		want int64
		err  error
	}{
		{"8.6957", 8_695_700, nil},
		{"0", 0, nil},
		{"-1.5", -1_500_000, nil},
		{"0.000001", 1, nil},
		{"0.0000001", 0, money.ErrPlaces},
		{"9223372036855", 0, money.ErrOverflow},
		{"1,5", 0, money.ErrSyntax},
		{"", 0, money.ErrSyntax},
	}
	for _, test := range tests {
		price, err := money.ParsePrice(test.text)
		if int64(price) != test.want || !errors.Is(err, test.err) {
			t.Errorf("ParsePrice(%q) = %d, %v; want %d, %v", test.text, price, err, test.want, test.err)
		}
		rate, err := money.ParseRate(test.text)
		if int64(rate) != test.want || !errors.Is(err, test.err) {
			t.Errorf("ParseRate(%q) = %d, %v; want %d, %v", test.text, rate, err, test.want, test.err)
		}
	}
	if got := money.Price(8_695_700).String() + " " + money.Rate(-200_000).String(); got != "8.6957 -0.2" {
		t.Errorf("String: %q", got)
	}
}

func TestExtend(t *testing.T) {
	const up, even = money.HalfUp, money.HalfEven
	tests := []struct {
		price    string
		qty      int64
		scale    int
		currency string
		mode     money.Rounding
		want     int64
		err      error
	}{
		{"348.35", 16, 0, "EUR", up, 557360, nil},
		{"8.6957", 1, 0, "EUR", up, 870, nil},
		{"0.125", 1, 0, "GBP", up, 13, nil},
		{"0.125", 1, 0, "GBP", even, 12, nil},
		{"0.135", 1, 0, "GBP", even, 14, nil},
		{"0.125", -1, 0, "GBP", up, -13, nil},
		{"-0.125", 1, 0, "GBP", even, -12, nil},
		{"-0.125", -1, 0, "GBP", up, 13, nil},
		{"0.1249", 1, 0, "GBP", up, 12, nil},
		{"1.5", 3, 0, "JPY", up, 5, nil},
		{"1.5", 3, 0, "JPY", even, 4, nil},
		{"0.0005", 1, 0, "BHD", up, 1, nil},
		{"0.0005", 1, 0, "BHD", even, 0, nil},
		{"1.2345", 1, 0, "CLF", up, 12345, nil},
		{"2", 1500, 3, "GBP", up, 300, nil},
		{"0.000001", 1, 6, "GBP", up, 0, nil},
		{"0.001", 5000000, 6, "GBP", up, 1, nil},
		{"9000000000000", 1, 0, "JPY", up, 9000000000000, nil},
		{"9000000000000", 1, 0, "GBP", up, 900000000000000, nil},
		{"9000000000000", 1_000_000, 0, "GBP", up, 0, money.ErrOverflow},
		{"9000000000000", math.MinInt64, 0, "GBP", up, 0, money.ErrOverflow},
		{"0.000533", 3460927593566520003, 0, "CLF", up, 0, money.ErrOverflow}, // 2^64 − 0.01: rounding up would wrap to zero
		{"1", 1, 0, "XAU", up, 0, money.ErrCurrency},
		{"1", 1, 0, "gbp", up, 0, money.ErrCurrency},
		{"1", 1, 0, "", up, 0, money.ErrCurrency},
		{"1", 1, 7, "GBP", up, 0, money.ErrScale},
		{"1", 1, -1, "GBP", up, 0, money.ErrScale},
		{"1", 1, 0, "GBP", "HALF_DOWN", 0, money.ErrRounding},
	}
	for _, test := range tests {
		price, err := money.ParsePrice(test.price)
		if err != nil {
			t.Fatal(err)
		}
		got, err := money.Extend(price, test.qty, test.scale, test.currency, test.mode)
		if got != test.want || !errors.Is(err, test.err) {
			t.Errorf("Extend(%s, %d, %d, %s, %s) = %d, %v; want %d, %v",
				test.price, test.qty, test.scale, test.currency, test.mode, got, err, test.want, test.err)
		}
	}
}

func TestExtendIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		price := rapid.Int64().Draw(t, "price")
		qty := rapid.Int64().Draw(t, "qty")
		scale := rapid.IntRange(0, 6).Draw(t, "scale")
		currency := rapid.SampledFrom([]string{"JPY", "GBP", "BHD", "CLF"}).Draw(t, "currency")
		mode := rapid.SampledFrom([]money.Rounding{money.HalfUp, money.HalfEven}).Draw(t, "mode")
		places, err := money.Places(currency)
		if err != nil {
			t.Fatal(err)
		}
		divisor := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(6+scale-places)), nil)
		want := rounded(new(big.Int).Mul(big.NewInt(price), big.NewInt(qty)), divisor, mode)

		got, err := money.Extend(money.Price(price), qty, scale, currency, mode)
		if errors.Is(err, money.ErrOverflow) {
			if want.IsInt64() && want.Int64() != math.MinInt64 {
				t.Fatalf("refused as too large, exact result %v", want)
			}
			return
		}
		if err != nil || want.Cmp(big.NewInt(got)) != 0 {
			t.Fatalf("got %d, %v; want %v", got, err, want)
		}
	})
}

// rounded is the textbook form: shift by half a divisor, floor, and take one back where half even says so.
func rounded(dividend, divisor *big.Int, mode money.Rounding) *big.Int {
	twice := new(big.Int).Lsh(new(big.Int).Abs(dividend), 1)
	quotient, rest := new(big.Int).QuoRem(twice.Add(twice, divisor), new(big.Int).Lsh(divisor, 1), new(big.Int))
	if mode == money.HalfEven && rest.Sign() == 0 && quotient.Bit(0) == 1 {
		quotient.Sub(quotient, big.NewInt(1))
	}
	if dividend.Sign() < 0 {
		quotient.Neg(quotient)
	}
	return quotient
}

func TestExtendPer(t *testing.T) {
	tests := []struct {
		price         money.Price
		num, den, qty int64
		want          int64
		err           error
	}{
		{30_000_000, 12, 1, 24, 6000, nil}, // 30.00 per case of 12
		{10_000_000, 3, 1, 1, 333, nil},    // a third of 10.00
		{10_000_000, 1, 3, 1, 3000, nil},
		{10_000_000, 4, 4, 2, 2000, nil},
		{10_000_000, 0, 0, 2, 0, money.ErrRatio},
		{10_000_000, 0, 1, 2, 0, money.ErrRatio},
		{10_000_000, 1, -1, 2, 0, money.ErrRatio},
		{math.MaxInt64, 1, math.MaxInt64, 1, 0, money.ErrOverflow},
	}
	for _, test := range tests {
		got, err := money.ExtendPer(test.price, test.num, test.den, test.qty, 0, "GBP", money.HalfUp)
		if got != test.want || !errors.Is(err, test.err) {
			t.Errorf("ExtendPer(%v, %d/%d, %d) = %d, %v; want %d, %v",
				test.price, test.num, test.den, test.qty, got, err, test.want, test.err)
		}
	}
	if _, err := money.ExtendPer(1, 2, 1, 1, 0, "GBP", "UP"); !errors.Is(err, money.ErrRounding) {
		t.Errorf("a wrong mode: %v", err)
	}
}

// Parts of a line, extended cumulatively, add up to the line.
func TestPartsOfALineAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		price := money.Price(rapid.Int64Range(0, 1e9).Draw(t, "price"))
		parts := rapid.SliceOfN(rapid.Int64Range(1, 1e6), 1, 6).Draw(t, "parts")
		var done, before, sum int64
		for _, part := range parts {
			done += part
			after, err := money.Extend(price, done, 2, "GBP", money.HalfUp)
			if err != nil {
				t.Fatal(err)
			}
			if after < before {
				t.Fatalf("a delivery of %d lowers what is due from %d to %d", part, before, after)
			}
			sum, before = sum+after-before, after
		}
		whole, err := money.Extend(price, done, 2, "GBP", money.HalfUp)
		if err != nil || sum != whole {
			t.Fatalf("parts %d, whole %d, %v", sum, whole, err)
		}
	})
}

func TestAdd(t *testing.T) {
	if sum, err := money.Add(1, -5, math.MaxInt64); err != nil || sum != math.MaxInt64-4 {
		t.Errorf("Add = %d, %v", sum, err)
	}
	for _, amounts := range [][]int64{{math.MaxInt64, 1}, {math.MinInt64, -1}, {math.MaxInt64, math.MaxInt64}} {
		if _, err := money.Add(amounts...); !errors.Is(err, money.ErrOverflow) {
			t.Errorf("Add(%v): %v, want ErrOverflow", amounts, err)
		}
	}
}
