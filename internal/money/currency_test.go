package money_test

import (
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/waybill-dev/waybill/internal/money"
)

func TestPlaces(t *testing.T) {
	for code, want := range map[string]int{"GBP": 2, "EUR": 2, "JPY": 0, "BHD": 3, "CLF": 4} {
		if got, err := money.Places(code); err != nil || got != want {
			t.Errorf("Places(%s) = %d, %v; want %d", code, got, err, want)
		}
	}
	for _, code := range []string{"", "XXX", "XAU", "DEM", "eur", "EURO"} {
		if _, err := money.Places(code); !errors.Is(err, money.ErrCurrency) {
			t.Errorf("Places(%q): %v, want ErrCurrency", code, err)
		}
	}
}

func TestMinorText(t *testing.T) {
	tests := []struct {
		amount         int64
		currency, text string
	}{{652781, "EUR", "6527.81"}, {-5, "GBP", "-0.05"}, {500, "JPY", "500"}, {1, "BHD", "0.001"}}
	for _, test := range tests {
		text, err := money.FormatMinor(test.amount, test.currency)
		if err != nil || text != test.text {
			t.Errorf("FormatMinor(%d, %s) = %q, %v; want %q", test.amount, test.currency, text, err, test.text)
		}
		amount, err := money.ParseMinor(test.text, test.currency)
		if err != nil || amount != test.amount {
			t.Errorf("ParseMinor(%q, %s) = %d, %v; want %d", test.text, test.currency, amount, err, test.amount)
		}
	}
	if _, err := money.ParseMinor("0.5", "JPY"); !errors.Is(err, money.ErrPlaces) {
		t.Errorf("half a yen: %v, want ErrPlaces", err)
	}
	if _, err := money.FormatMinor(1, "XTS"); !errors.Is(err, money.ErrCurrency) {
		t.Errorf("unknown currency: %v", err)
	}
	if _, err := money.ParseMinor("1", "XTS"); !errors.Is(err, money.ErrCurrency) {
		t.Errorf("unknown currency: %v", err)
	}
}

// The table against ISO's own list.
func TestPlacesAgreeWithISO4217(t *testing.T) {
	file, err := os.Open(filepath.Join(os.Getenv("WAYBILL_SAMPLE_DATA"), "standards", "iso4217", "codes-all.csv"))
	if err != nil || os.Getenv("WAYBILL_SAMPLE_DATA") == "" {
		t.Skip("WAYBILL_SAMPLE_DATA names no folder with standards/iso4217/codes-all.csv")
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	current := map[string]string{}
	for _, row := range rows[1:] { // Entity, Currency, AlphabeticCode, NumericCode, MinorUnit, WithdrawalDate
		if row[2] != "" && row[5] == "" {
			current[row[2]] = row[4]
		}
	}
	if len(current) < 170 {
		t.Fatalf("only %d currencies in the list", len(current))
	}
	for _, row := range rows[1:] {
		code := row[2]
		want, isCurrent := current[code]
		places, err := money.Places(code)
		if isCurrent && want != "-" {
			if err != nil || strconv.Itoa(places) != want {
				t.Errorf("Places(%s) = %d, %v; ISO says %s", code, places, err, want)
			}
		} else if err == nil {
			t.Errorf("Places(%s) = %d, but ISO withdrew it or gives it no minor unit", code, places)
		}
	}
}
