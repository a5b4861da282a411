package domain

import (
	"slices"
	"strings"
	"time"
)

// Kind says whether an item has stock.
type Kind string

// The kinds of item, as they are stored.
const (
	Goods   Kind = "GOODS"
	Service Kind = "SERVICE"
)

// Version counts the states of an entity.
type Version struct {
	Number    int64
	UpdatedAt time.Time
}

// Seen is the number of a stored state, and the one on which the sender of a wanted state decided.
func (v Version) Seen() int64 { return v.Number }

func (v Version) next(now time.Time) Version { return Version{Number: v.Number + 1, UpdatedAt: now} }

// Item is something that is sold. Its units are kept in the order of their codes.
type Item struct {
	SKU         string
	Description string
	Kind        Kind
	BaseUnit    string
	Scale       int64
	Units       []Unit
	TaxClass    string
	Inactive    bool
	Version     Version
}

// Unit is a unit in which an item may be ordered: one is Numerator / Denominator base units.
type Unit struct {
	Unit        string `json:"unit"`
	Numerator   int64  `json:"numerator"`
	Denominator int64  `json:"denominator"`
}

// SKUKey is the form in which codes are compared: case does not matter.
func SKUKey(sku string) string { return strings.ToLower(sku) }

// Key tells items apart.
func (i Item) Key() string { return SKUKey(i.SKU) }

// Same compares what the item says; the spelling that came first stays.
func (i Item) Same(other Item) bool {
	return i.Description == other.Description && i.Kind == other.Kind && i.BaseUnit == other.BaseUnit &&
		i.Scale == other.Scale && i.TaxClass == other.TaxClass && i.Inactive == other.Inactive &&
		slices.Equal(i.Units, other.Units)
}

// Frozen names kind, base unit and scale where they differ: quantities are already counted in them.
func (i Item) Frozen(stored Item) []string {
	var names []string
	if i.Kind != stored.Kind {
		names = append(names, "kind")
	}
	if i.BaseUnit != stored.BaseUnit {
		names = append(names, "base_unit")
	}
	if i.Scale != stored.Scale {
		names = append(names, "scale")
	}
	return names
}

// Seen implements Entity.
func (i Item) Seen() int64 { return i.Version.Seen() }

// Following keeps the first spelling of the code.
func (i Item) Following(stored *Item, now time.Time) Item {
	if stored != nil {
		i.SKU, i.Version = stored.SKU, stored.Version
	}
	i.Version = i.Version.next(now)
	return i
}

// Account is a customer who buys on terms.
type Account struct {
	AccountID        string
	Name             string
	LegalEntity      string
	CurrencyCode     string
	CreditLimitMinor int64
	UnlimitedCredit  bool
	CreditStop       bool
	PaymentDays      int64
	TaxJurisdiction  string
	EstimatedTaxRate string
	PriceLists       []string
	Inactive         bool
	Rounding         string
	Priority         int64
	Version          Version
}

// Key tells accounts apart.
func (a Account) Key() string { return a.AccountID }

// Same compares what the account says.
func (a Account) Same(other Account) bool {
	return a.AccountID == other.AccountID && a.Name == other.Name && a.LegalEntity == other.LegalEntity &&
		a.CurrencyCode == other.CurrencyCode && a.CreditLimitMinor == other.CreditLimitMinor &&
		a.UnlimitedCredit == other.UnlimitedCredit && a.CreditStop == other.CreditStop &&
		a.PaymentDays == other.PaymentDays && a.TaxJurisdiction == other.TaxJurisdiction &&
		a.EstimatedTaxRate == other.EstimatedTaxRate && a.Inactive == other.Inactive &&
		a.Rounding == other.Rounding && a.Priority == other.Priority &&
		slices.Equal(a.PriceLists, other.PriceLists)
}

// Frozen names legal entity and currency where they differ: documents exist in them.
func (a Account) Frozen(stored Account) []string {
	var names []string
	if a.LegalEntity != stored.LegalEntity {
		names = append(names, "legal_entity")
	}
	if a.CurrencyCode != stored.CurrencyCode {
		names = append(names, "currency_code")
	}
	return names
}

// Seen implements Entity.
func (a Account) Seen() int64 { return a.Version.Seen() }

// Following is the next version.
func (a Account) Following(stored *Account, now time.Time) Account {
	if stored != nil {
		a.Version = stored.Version
	}
	a.Version = a.Version.next(now)
	return a
}

// Node is a place that holds stock and ships.
type Node struct {
	NodeID   string
	Name     string
	Priority int64
	Inactive bool
	Version  Version
}

// Key tells nodes apart.
func (n Node) Key() string { return n.NodeID }

// Same compares what the node says.
func (n Node) Same(other Node) bool {
	n.Version, other.Version = Version{}, Version{}
	return n == other
}

// Frozen names nothing: all of a node may change.
func (n Node) Frozen(Node) []string { return nil }

// Seen implements Entity.
func (n Node) Seen() int64 { return n.Version.Seen() }

// Following is the next version.
func (n Node) Following(stored *Node, now time.Time) Node {
	if stored != nil {
		n.Version = stored.Version
	}
	n.Version = n.Version.next(now)
	return n
}

// Price is what one base unit of an item costs on one list.
type Price struct {
	PriceList    string
	CurrencyCode string
	SKU          string
	UnitPrice    string
	Version      Version
}

// KeySeparator stands between the parts of a price's key. Items may have it in their codes; lists and currencies do not.
const KeySeparator = "|"

// Key tells prices apart: list, currency, item.
func (p Price) Key() string {
	return p.PriceList + KeySeparator + p.CurrencyCode + KeySeparator + SKUKey(p.SKU)
}

// Same compares the amounts, which are kept in their shortest form.
func (p Price) Same(other Price) bool { return p.UnitPrice == other.UnitPrice }

// Frozen names nothing.
func (p Price) Frozen(Price) []string { return nil }

// Seen implements Entity.
func (p Price) Seen() int64 { return p.Version.Seen() }

// Following is the next version.
func (p Price) Following(stored *Price, now time.Time) Price {
	if stored != nil {
		p.Version = stored.Version
	}
	p.Version = p.Version.next(now)
	return p
}
