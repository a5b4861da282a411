package domain

import (
	"fmt"

	"github.com/waybill-dev/waybill/internal/money"
)

// LegalEntity is a company of ours, as far as its documents go.
type LegalEntity struct {
	ID                        string
	BaseCurrency              string
	Rounding                  money.Rounding
	TaxMode                   money.TaxLevel
	Jurisdiction              string
	InvoicePrefix, MemoPrefix string
	// Known is false where master data has not told of it: it then keeps its books in the currency of each document.
	Known bool
}

// UnknownEntity is what holds for a company of which master data has not told.
func UnknownEntity(id string) LegalEntity {
	return LegalEntity{ID: id, Rounding: money.HalfUp, TaxMode: money.PerLine}
}

// BaseCurrencyOf is the currency in which a document of the given currency is kept in the books.
func (e LegalEntity) BaseCurrencyOf(currency string) string {
	if e.BaseCurrency == "" {
		return currency
	}
	return e.BaseCurrency
}

// InvoiceNumber writes the number on the paper: the company's prefix and at least eight digits, "INV-MAIN-00000001" where
// the company is not known.
func (e LegalEntity) InvoiceNumber(number int64) string {
	return e.number("INV", e.InvoicePrefix, number)
}

// MemoNumber writes the number of a credit memo: "CM-MAIN-00000001" where the company is not known.
func (e LegalEntity) MemoNumber(number int64) string {
	return e.number("CM", e.MemoPrefix, number)
}

func (e LegalEntity) number(kind, prefix string, number int64) string {
	if !e.Known {
		return fmt.Sprintf("%s-%s-%08d", kind, e.ID, number)
	}
	return fmt.Sprintf("%s%08d", prefix, number)
}

// ReasonRateUnknown says that a document waits for an exchange rate.
const ReasonRateUnknown = "RATE_UNKNOWN"
