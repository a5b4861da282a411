package domain

import (
	"strings"
	"testing"

	"github.com/waybill-dev/waybill/internal/fault"
)

// A refusal is read by people: amounts stand in the account's currency.
func TestLimitIsToldInMoney(t *testing.T) {
	for currency, want := range map[string]string{
		"GBP": "would be 1234.56 GBP, and its limit is 0.01 GBP", "JPY": "would be 123456 JPY, and its limit is 1 JPY",
		"???": "would be 123456 minor units of ???, and its limit is 1 minor units of ???",
	} {
		account := Credit{Account: "A", Currency: currency, Limit: 1}
		if err := account.allow(123_456, false); fault.ReasonOf(err) != ReasonCreditLimit || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
