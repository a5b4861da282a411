package gs1_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"github.com/waybill-dev/waybill/internal/gs1"
)

func TestGTIN14(t *testing.T) {
	for code, want := range map[string]string{
		"96385074": "00000096385074", "036000291452": "00036000291452", "4006381333931": "04006381333931",
		"10614141000415": "10614141000415", "00000000": "00000000000000",
	} {
		if got, ok := gs1.GTIN14(code); !ok || got != want {
			t.Errorf("GTIN14(%q) = %q, %t; want %q", code, got, ok, want)
		}
	}
	for _, code := range []string{"", "4", "4006381333930", "400638133393", "400638133393A", " 4006381333931", "123456789012345675"} {
		if got, ok := gs1.GTIN14(code); ok {
			t.Errorf("GTIN14(%q) = %q, want none", code, got)
		}
	}
}

// A check digit finds every single wrong digit.
func TestOneWrongDigitIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.StringMatching(`[0-9]{1,17}`).Draw(t, "digits")
		last, ok := gs1.CheckDigit(digits)
		code := []byte(digits + string(last))
		if !ok || !gs1.Checked(string(code)) {
			t.Fatalf("%s is refused", code)
		}
		at := rapid.IntRange(0, len(code)-1).Draw(t, "at")
		code[at] = '0' + (code[at]-'0'+byte(rapid.IntRange(1, 9).Draw(t, "by")))%10
		if gs1.Checked(string(code)) {
			t.Fatalf("%s is taken", code)
		}
	})
}

// The vectors of GS1's own linter.
func TestCheckedAgreesWithGS1(t *testing.T) {
	file, err := os.Open(filepath.Join(os.Getenv("WAYBILL_SAMPLE_DATA"), "standards", "gs1", "lint_csum.csv"))
	if err != nil || os.Getenv("WAYBILL_SAMPLE_DATA") == "" {
		t.Skip("WAYBILL_SAMPLE_DATA names no folder with standards/gs1/lint_csum.csv")
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil || len(rows) < 10 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows[1:] { // value, expect, error
		if got := gs1.Checked(row[0]); got != (row[1] == "PASS") {
			t.Errorf("Checked(%q) = %t; GS1 says %s %s", row[0], got, row[1], row[2])
		}
	}
}
