package decimal_test

import (
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/waybill-dev/waybill/internal/decimal"
)

func TestParse(t *testing.T) {
	tests := []struct {
		text   string
		places int
		want   int64
		err    error
	}{
		{"0", 0, 0, nil},
		{"12", 0, 12, nil},
		{"-12.5", 3, -12500, nil},
		{"0.000001", 6, 1, nil},
		{"1.500", 1, 15, nil},
		{"007", 2, 700, nil},
		{"-0", 2, 0, nil},
		{"9223372036854775807", 0, math.MaxInt64, nil},
		{"9.223372036854775807", 18, math.MaxInt64, nil},
		{"9.223372036854775808", 18, 0, decimal.ErrRange},
		{"9223372036854775808", 0, 0, decimal.ErrRange},
		{"99999999999999999999999999", 0, 0, decimal.ErrRange},
		{"9223372036854775807", 1, 0, decimal.ErrRange},
		{"1844674407370955162", 1, 0, decimal.ErrRange}, // wraps to 4
		{"1.5", 0, 0, decimal.ErrPlaces},
		{"1.23", 1, 0, decimal.ErrPlaces},
		{"1.2345678901234567890123", 18, 0, decimal.ErrPlaces},
		{"", 2, 0, decimal.ErrSyntax},
		{"-", 2, 0, decimal.ErrSyntax},
		{".5", 2, 0, decimal.ErrSyntax},
		{"5.", 2, 0, decimal.ErrSyntax},
		{"+1", 2, 0, decimal.ErrSyntax},
		{"--1", 2, 0, decimal.ErrSyntax},
		{" 1", 2, 0, decimal.ErrSyntax},
		{"1e3", 2, 0, decimal.ErrSyntax},
		{"1,000", 2, 0, decimal.ErrSyntax},
		{"1.2.3", 2, 0, decimal.ErrSyntax},
		{"1.-2", 2, 0, decimal.ErrSyntax},
		{"٣", 0, 0, decimal.ErrSyntax},
		{"NaN", 0, 0, decimal.ErrSyntax},
	}
	for _, test := range tests {
		got, err := decimal.Parse(test.text, test.places)
		if got != test.want || !errors.Is(err, test.err) {
			t.Errorf("Parse(%q, %d) = %d, %v; want %d, %v", test.text, test.places, got, err, test.want, test.err)
		}
	}
}

func TestFormat(t *testing.T) {
	tests := []struct {
		units         int64
		places        int
		format, fixed string
	}{
		{0, 0, "0", "0"},
		{0, 2, "0", "0.00"},
		{100, 0, "100", "100"},
		{100, 2, "1", "1.00"},
		{1500, 3, "1.5", "1.500"},
		{-5, 2, "-0.05", "-0.05"},
		{math.MaxInt64, 18, "9.223372036854775807", "9.223372036854775807"},
		{math.MinInt64, 0, "-9223372036854775808", "-9223372036854775808"},
		{math.MinInt64, 18, "-9.223372036854775808", "-9.223372036854775808"},
	}
	for _, test := range tests {
		if got := decimal.Format(test.units, test.places); got != test.format {
			t.Errorf("Format(%d, %d) = %q, want %q", test.units, test.places, got, test.format)
		}
		if got := decimal.Fixed(test.units, test.places); got != test.fixed {
			t.Errorf("Fixed(%d, %d) = %q, want %q", test.units, test.places, got, test.fixed)
		}
	}
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		units := rapid.Int64Range(-math.MaxInt64, math.MaxInt64).Draw(t, "units")
		places := rapid.IntRange(0, decimal.MaxPlaces).Draw(t, "places")
		for _, text := range []string{decimal.Format(units, places), decimal.Fixed(units, places)} {
			got, err := decimal.Parse(text, places)
			if err != nil || got != units {
				t.Fatalf("Parse(%q, %d) = %d, %v; want %d", text, places, got, err, units)
			}
		}
	})
}

func TestAnyTextIsReadOrRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`-?[0-9]{0,22}(\.[0-9]{0,22})?`).Draw(t, "text")
		units, err := decimal.Parse(text, 6)
		if err != nil {
			return
		}
		again, err := decimal.Parse(decimal.Format(units, 6), 6)
		if err != nil || again != units {
			t.Fatalf("%q read as %d, written and read again %d, %v", text, units, again, err)
		}
	})
}
