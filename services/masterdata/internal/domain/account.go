package domain

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/money"
)

// What happens when a customer's price differs from ours, as it is stored.
const (
	PriceDifferenceRefuse = "REFUSE"
	PriceDifferenceHold   = "HOLD"
)

// When credit is checked, as it is stored.
const (
	CheckpointAccept  = "ACCEPT"
	CheckpointRelease = "RELEASE"
	CheckpointBoth    = "BOTH"
)

// FullWeight is the weight in parts per ten thousand at which a unit counts in full.
const FullWeight = 10_000

// Account is a customer who buys on terms. Ship-tos and partners are kept in order.
type Account struct {
	AccountID           string
	Name                string
	LegalEntity         string
	CurrencyCode        string
	CreditLimitMinor    int64
	UnlimitedCredit     bool
	CreditStop          bool
	PaymentDays         int64
	TaxJurisdiction     string
	EstimatedTaxRate    string
	PriceLists          []string
	Inactive            bool
	Rounding            string
	Priority            int64
	BillTo              string
	ShipTos             []ShipTo
	PriceDifference     string
	PriceToleranceBP    int64
	OverShipToleranceBP int64
	MaxDaysPastDue      int64
	BackorderWeightBP   int64
	CreditCheckpoint    string
	PartnerIDs          []string
	Version             Version
}

// ShipTo is a place where an account's goods may go.
type ShipTo struct {
	Code            string  `json:"code"`
	Address         Address `json:"address"`
	TaxJurisdiction string  `json:"tax_jurisdiction,omitempty"`
	Inactive        bool    `json:"inactive,omitempty"`
}

// Key tells accounts apart.
func (a Account) Key() string { return a.AccountID }

// Seen is the version that the caller has seen.
func (a Account) Seen() Version { return a.Version }

// Normal is the account with its ship-tos in order; an account that pays for itself names nobody.
func (a Account) Normal() Account {
	a.ShipTos = slices.Clone(a.ShipTos)
	slices.SortFunc(a.ShipTos, func(x, y ShipTo) int { return cmp.Compare(x.Code, y.Code) })
	a.PartnerIDs = slices.Clone(a.PartnerIDs)
	slices.Sort(a.PartnerIDs)
	a.BillTo = a.payer()
	return a
}

// VisibleTo reports whether a partner may read the account; no partner is an operator, who reads all.
func (a Account) VisibleTo(partner string) bool {
	return partner == "" || slices.Contains(a.PartnerIDs, partner)
}

// payer is another account that gets its invoices.
func (a Account) payer() string {
	if a.BillTo == a.AccountID {
		return ""
	}
	return a.BillTo
}

// Wrong names what is wrong with the account by itself.
func (a Account) Wrong() []fault.Field {
	var fields complaints
	fields.currency("currency_code", a.CurrencyCode)
	if _, err := money.ParseRate(a.EstimatedTaxRate); err != nil {
		// Whoever keeps a copy would fail on it, and on every later change of the account.
		fields.add("estimated_tax_rate", "RATE_INVALID", "a decimal fraction with at most six places is expected, such as 0.2")
	}
	seen := map[string]bool{}
	for n, shipTo := range a.ShipTos {
		if seen[shipTo.Code] {
			fields.add(fmt.Sprintf("ship_tos[%d].code", n), "DUPLICATE_SHIP_TO", "stands twice")
		}
		seen[shipTo.Code] = true
	}
	return fields.list
}

// Same compares what the account says.
func (a Account) Same(other Account) bool {
	return a.AccountID == other.AccountID && a.Name == other.Name && a.LegalEntity == other.LegalEntity &&
		a.CurrencyCode == other.CurrencyCode && a.CreditLimitMinor == other.CreditLimitMinor &&
		a.UnlimitedCredit == other.UnlimitedCredit && a.CreditStop == other.CreditStop &&
		a.PaymentDays == other.PaymentDays && a.TaxJurisdiction == other.TaxJurisdiction &&
		a.EstimatedTaxRate == other.EstimatedTaxRate && a.Inactive == other.Inactive &&
		a.Rounding == other.Rounding && a.Priority == other.Priority && a.BillTo == other.BillTo &&
		a.PriceDifference == other.PriceDifference && a.PriceToleranceBP == other.PriceToleranceBP &&
		a.OverShipToleranceBP == other.OverShipToleranceBP && a.MaxDaysPastDue == other.MaxDaysPastDue &&
		a.BackorderWeightBP == other.BackorderWeightBP && a.CreditCheckpoint == other.CreditCheckpoint &&
		slices.Equal(a.PriceLists, other.PriceLists) && slices.EqualFunc(a.ShipTos, other.ShipTos, ShipTo.same) &&
		slices.Equal(a.PartnerIDs, other.PartnerIDs)
}

func (s ShipTo) same(other ShipTo) bool {
	return s.Code == other.Code && s.TaxJurisdiction == other.TaxJurisdiction && s.Inactive == other.Inactive &&
		s.Address.Same(other.Address)
}

// Same compares addresses as they are printed.
func (a Address) Same(other Address) bool {
	return a.Name == other.Name && slices.Equal(a.Lines, other.Lines) && a.City == other.City && a.Region == other.Region &&
		a.PostalCode == other.PostalCode && a.CountryCode == other.CountryCode
}

// Frozen names legal entity and currency where they differ: documents exist in them.
func (a Account) Frozen(stored Account, _ string) []fault.Field {
	var fields complaints
	fields.frozen("legal_entity", a.LegalEntity != stored.LegalEntity)
	fields.frozen("currency_code", a.CurrencyCode != stored.CurrencyCode)
	return fields.list
}

// Following is the next version.
func (a Account) Following(stored *Account, now time.Time) Account {
	var before Version
	if stored != nil {
		before = stored.Version
	}
	a.Version = following(before, now)
	return a
}

// ReferAccounts checks the bill-to of each account of a set: known are the stored accounts that they name, payers those of
// the set that get the invoices of an account outside it. Accounts of the set count as they will be.
func ReferAccounts(wanted []Account, known map[string]Account, payers map[string]bool) []fault.Field {
	set, paysInSet := make(map[string]Account, len(wanted)), map[string]bool{}
	for _, account := range wanted {
		set[account.AccountID] = account
		paysInSet[account.payer()] = true
	}
	var wrong []fault.Field
	for n, account := range wanted {
		if account.payer() == "" {
			continue
		}
		fields := complaints{path: fmt.Sprintf("accounts[%d].", n)}
		payer, ok := set[account.BillTo]
		if !ok {
			payer, ok = known[account.BillTo]
		}
		switch {
		case !ok:
			fields.add("bill_to_account_id", "UNKNOWN_ACCOUNT", "there is no such account")
		case payer.LegalEntity != account.LegalEntity || payer.CurrencyCode != account.CurrencyCode:
			fields.add("bill_to_account_id", "BILL_TO_DIFFERS", "its legal entity or currency is another one")
		case payer.payer() != "":
			fields.add("bill_to_account_id", "BILL_TO_CHAINED", fmt.Sprintf("its invoices go to %q", payer.BillTo))
		case payers[account.AccountID] || paysInSet[account.AccountID]:
			fields.add("bill_to_account_id", "BILL_TO_CHAINED", "this account gets the invoices of others")
		}
		wrong = append(wrong, fields.list...)
	}
	return wrong
}

// PayersBeside are the accounts that get the invoices of accounts outside a set: of those that paying names, and of stored ones that
// the set does not change.
func PayersBeside(set []Account, stored map[string]Account, paying map[string]bool) map[string]bool {
	changes := make(map[string]bool, len(set))
	for _, account := range set {
		changes[account.AccountID] = true
	}
	beside := maps.Clone(paying)
	for id, account := range stored {
		if payer := account.payer(); payer != "" && !changes[id] {
			beside[payer] = true
		}
	}
	return beside
}
