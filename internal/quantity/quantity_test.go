package quantity_test

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/quantity"
)

func TestParse(t *testing.T) {
	tests := []struct {
		value  string
		scale  int
		want   int64
		reason string
	}{
		{"12", 0, 12, ""},
		{"12.000", 0, 12, ""},
		{"0.5", 3, 500, ""},
		{"-3", 0, -3, ""},
		{"0", 0, 0, ""},
		{"0.000001", 6, 1, ""},
		{"1.5", 0, 0, quantity.ReasonNotDivisible},
		{"0.001", 2, 0, quantity.ReasonNotDivisible},
		{"0.0000001", 6, 0, quantity.ReasonInvalid},
		{"0.0000001", 0, 0, quantity.ReasonInvalid},
		{"1e3", 0, 0, quantity.ReasonInvalid},
		{"", 0, 0, quantity.ReasonInvalid},
		{"1", 7, 0, quantity.ReasonInvalid},
		{"1", -1, 0, quantity.ReasonInvalid},
		{"9999999999999999999", 0, 0, quantity.ReasonTooLarge},
		{"9999999999999", 6, 0, quantity.ReasonTooLarge},
	}
	for _, test := range tests {
		got, err := quantity.Parse(test.value, test.scale)
		check(t, "Parse", test.value, test.want, test.reason, got, err)
	}
}

func TestToBase(t *testing.T) {
	dozen, third := quantity.Ratio{Num: 12, Den: 1}, quantity.Ratio{Num: 1, Den: 3}
	tests := []struct {
		value  string
		ratio  quantity.Ratio
		scale  int
		want   int64
		reason string
	}{
		{"2", quantity.One, 0, 2, ""},
		{"2", dozen, 0, 24, ""},
		{"0.5", dozen, 0, 6, ""},
		{"0.25", dozen, 3, 3000, ""},
		{"3", third, 0, 1, ""},
		{"1.5", third, 1, 5, ""},
		{"1", third, 6, 0, quantity.ReasonNotDivisible},
		{"0.3", dozen, 0, 0, quantity.ReasonNotDivisible},
		{"0", dozen, 0, 0, quantity.ReasonNotPositive},
		{"0", quantity.One, 0, 0, quantity.ReasonNotPositive},
		{"-1", quantity.One, 0, 0, quantity.ReasonNotPositive},
		{"-0.0", third, 0, 0, quantity.ReasonNotPositive},
		{"x", dozen, 0, 0, quantity.ReasonInvalid},
		{"0.0000001", dozen, 0, 0, quantity.ReasonInvalid},
		{"1", dozen, 9, 0, quantity.ReasonInvalid},
		{"1", quantity.Ratio{}, 0, 0, quantity.ReasonRatioInvalid},
		{"1", quantity.Ratio{Num: -1, Den: 1}, 0, 0, quantity.ReasonRatioInvalid},
		{"9000000000000", quantity.Ratio{Num: math.MaxInt64, Den: 1}, 0, 0, quantity.ReasonTooLarge},
		{"99999999999999999999", dozen, 0, 0, quantity.ReasonTooLarge},
		{"9000000000000", quantity.Ratio{Num: math.MaxInt64, Den: math.MaxInt64}, 0, 9000000000000, ""},
	}
	for _, test := range tests {
		got, err := quantity.ToBase(test.value, test.ratio, test.scale)
		check(t, "ToBase", test.value, test.want, test.reason, got, err)
	}
}

func check(t *testing.T, what, value string, want int64, reason string, got int64, err error) {
	t.Helper()
	if reason != "" {
		if fault.KindOf(err) != fault.Invalid || fault.ReasonOf(err) != reason {
			t.Errorf("%s(%q): %v, want %s", what, value, err, reason)
		}
		return
	}
	if err != nil || got != want {
		t.Errorf("%s(%q) = %d, %v; want %d", what, value, got, err, want)
	}
}

// Whatever ToBase answers is the exact rational result; whatever it refuses as indivisible is not whole.
func TestToBaseIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		micros := rapid.Int64Range(1, 1e12).Draw(t, "micros")
		ratio := quantity.Ratio{
			Num: rapid.Int64Range(1, 1000).Draw(t, "num"),
			Den: rapid.Int64Range(1, 1000).Draw(t, "den"),
		}
		scale := rapid.IntRange(0, quantity.MaxScale).Draw(t, "scale")
		exact := big.NewRat(micros, 1e6)
		exact.Mul(exact, big.NewRat(ratio.Num, ratio.Den))
		exact.Mul(exact, new(big.Rat).SetInt64(int64(math.Pow10(scale))))

		got, err := quantity.ToBase(quantity.Format(micros, 6), ratio, scale)
		switch {
		case err == nil && exact.Cmp(new(big.Rat).SetInt64(got)) != 0:
			t.Fatalf("%d micros × %v at scale %d = %d, want %v", micros, ratio, scale, got, exact)
		case err != nil && (exact.IsInt() || fault.ReasonOf(err) != quantity.ReasonNotDivisible):
			t.Fatalf("%d micros × %v at scale %d: %v, exact %v", micros, ratio, scale, err, exact)
		}
	})
}

func TestFormatIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := rapid.Int64Range(-math.MaxInt64, math.MaxInt64).Draw(t, "base")
		scale := rapid.IntRange(0, quantity.MaxScale).Draw(t, "scale")
		got, err := quantity.Parse(quantity.Format(base, scale), scale)
		if err != nil || got != base {
			t.Fatalf("%q at scale %d read back as %d, %v", quantity.Format(base, scale), scale, got, err)
		}
	})
}
