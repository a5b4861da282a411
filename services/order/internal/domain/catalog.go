package domain

import (
	"strings"
	"time"

	"github.com/waybill-dev/waybill/internal/money"
	"github.com/waybill-dev/waybill/internal/quantity"
)

// Item is what this service knows of something that is sold.
type Item struct {
	SKU         SKU
	Description string
	Service     bool
	BaseUnit    string
	Scale       int
	Units       []Unit
	TaxClass    string
	Inactive    bool
	Version     int64
}

// Unit is another unit in which an item may be ordered: one of it is Numerator/Denominator base units, from a day on.
type Unit struct {
	Unit        string `json:"unit"`
	Numerator   int64  `json:"numerator"`
	Denominator int64  `json:"denominator"`
	// From is the first day on which it holds, "YYYY-MM-DD"; empty: always has.
	From string `json:"from,omitempty"`
}

// ratio is how many base units one of the unit is on a day: of several that have begun the newest. Empty means the base
// unit.
func (i *Item) ratio(unit, day string) (quantity.Ratio, bool) {
	if unit == "" || unit == i.BaseUnit {
		return quantity.One, true
	}
	var newest *Unit
	for at := range i.Units {
		u := &i.Units[at]
		if u.Unit == unit && u.From <= day && (newest == nil || u.From > newest.From) {
			newest = u
		}
	}
	if newest == nil {
		return quantity.Ratio{}, false
	}
	return quantity.Ratio{Num: newest.Numerator, Den: newest.Denominator}, true
}

// Account is what this service knows of a customer.
type Account struct {
	ID              string
	LegalEntity     string
	Currency        string
	PaymentDays     int32
	TaxJurisdiction string
	PriceLists      []string
	Inactive        bool
	// Rounding is empty where the legal entity's holds.
	Rounding money.Rounding
	Priority int32
	// BillTo is the account that gets the invoices; empty: this one.
	BillTo  string
	ShipTos []ShipTo
	// HoldPrices: an order whose price differs from ours is held, else refused. PriceTolerance is by how many parts per ten
	// thousand of ours a price may differ and is still taken as agreed.
	HoldPrices     bool
	PriceTolerance int32
	Version        int64
}

// ShipTo is a place where an account's goods may go.
type ShipTo struct {
	Code            string  `json:"code"`
	Address         Address `json:"address"`
	TaxJurisdiction string  `json:"tax_jurisdiction,omitempty"`
	Inactive        bool    `json:"inactive,omitempty"`
}

// Address is where something goes.
type Address struct {
	Name        string   `json:"name,omitempty"`
	Lines       []string `json:"lines,omitempty"`
	City        string   `json:"city,omitempty"`
	Region      string   `json:"region,omitempty"`
	PostalCode  string   `json:"postal_code,omitempty"`
	CountryCode string   `json:"country_code,omitempty"`
}

// LegalEntity is what this service knows of a company of ours that sells.
type LegalEntity struct {
	Rounding        money.Rounding // empty: HALF_UP
	PerDocument     bool           // tax is rounded per document
	TaxJurisdiction string
}

// BaseList is the price list that holds for everybody, after the account's own.
const BaseList = "BASE"

// Lists are the price lists of the account, the most specific first.
func (a *Account) Lists() []string {
	for _, list := range a.PriceLists {
		if list == BaseList {
			return a.PriceLists
		}
	}
	return append(a.PriceLists[:len(a.PriceLists):len(a.PriceLists)], BaseList)
}

// PriceKey names the prices of an item, by SKUKey, on one list.
type PriceKey struct{ List, Currency, SKUKey string }

// ListPrice is one price of a list: in a time and from a quantity on.
type ListPrice struct {
	UnitPrice money.Price
	// Unit is what the price is for; empty: the base unit.
	Unit string
	// From and Until are the first and the last day, "YYYY-MM-DD"; empty: without bound.
	From, Until string
	// MinQuantity is from which quantity of a line on, in millionths of a base unit.
	MinQuantity int64
}

// holds reports whether the price holds on a day.
func (p *ListPrice) holds(day string) bool { return p.From <= day && (p.Until == "" || day <= p.Until) }

// better reports whether p counts before other: the greater quantity first, then the newer.
func (p *ListPrice) better(other *ListPrice) bool {
	if p.MinQuantity != other.MinQuantity {
		return p.MinQuantity > other.MinQuantity
	}
	return p.From > other.From
}

// CodeKey names an item by a code: GTIN, BUYER or VENDOR. A GTIN has no partner.
type CodeKey struct{ Type, Partner, Code string }

// CodedItem is an item that has a code, and the unit that the code stands for; empty: the base unit.
type CodedItem struct{ SKUKey, Unit string }

// SKUKey is the form of a code in which two that differ only by case are equal.
func SKUKey(sku string) string { return strings.ToLower(sku) }

// Catalog is the part of the master data that some orders need, as it was at AsOf.
type Catalog struct {
	// Items are by SKUKey, Accounts (bill-tos among them) by id.
	Items    map[string]*Item
	Accounts map[string]*Account
	Entities map[string]*LegalEntity
	// Prices that were withdrawn are not among them.
	Prices map[PriceKey][]ListPrice
	Codes  map[CodeKey][]CodedItem
	AsOf   time.Time
}
