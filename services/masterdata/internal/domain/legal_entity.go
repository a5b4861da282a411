package domain

import (
	"time"

	"github.com/waybill-dev/waybill/internal/fault"
)

// How tax is rounded, as it is stored.
const (
	TaxPerLine     = "PER_LINE"
	TaxPerDocument = "PER_DOCUMENT"
)

// LegalEntity is a company of ours that sells.
type LegalEntity struct {
	LegalEntityID    string
	Name             string
	BaseCurrencyCode string
	Rounding         string
	TaxMode          string
	TaxJurisdiction  string
	InvoicePrefix    string
	CreditMemoPrefix string
	Address          Address
	Version          Version
}

// Key tells legal entities apart.
func (l LegalEntity) Key() string { return l.LegalEntityID }

// Seen is the version that the caller has seen.
func (l LegalEntity) Seen() Version { return l.Version }

// Normal is the legal entity itself.
func (l LegalEntity) Normal() LegalEntity { return l }

// Wrong names what is wrong with the legal entity by itself.
func (l LegalEntity) Wrong() []fault.Field {
	var fields complaints
	fields.currency("base_currency_code", l.BaseCurrencyCode)
	return fields.list
}

// Same compares what the legal entity says.
func (l LegalEntity) Same(other LegalEntity) bool {
	return l.LegalEntityID == other.LegalEntityID && l.Name == other.Name && l.BaseCurrencyCode == other.BaseCurrencyCode &&
		l.Rounding == other.Rounding && l.TaxMode == other.TaxMode && l.TaxJurisdiction == other.TaxJurisdiction &&
		l.InvoicePrefix == other.InvoicePrefix && l.CreditMemoPrefix == other.CreditMemoPrefix && l.Address.Same(other.Address)
}

// Frozen names the base currency where it differs: books are kept in it.
func (l LegalEntity) Frozen(stored LegalEntity, _ string) []fault.Field {
	var fields complaints
	fields.frozen("base_currency_code", l.BaseCurrencyCode != stored.BaseCurrencyCode)
	return fields.list
}

// Following is the next version.
func (l LegalEntity) Following(stored *LegalEntity, now time.Time) LegalEntity {
	var before Version
	if stored != nil {
		before = stored.Version
	}
	l.Version = following(before, now)
	return l
}
