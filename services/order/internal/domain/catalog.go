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
	// Substitutes may be sent in its place, the preferred one first.
	Substitutes []SKU
	Version     int64
}

// Unit is another unit in which an item may be ordered: one of it is Numerator/Denominator base units.
type Unit struct {
	Unit        string `json:"unit"`
	Numerator   int64  `json:"numerator"`
	Denominator int64  `json:"denominator"`
}

// ratio is how many base units one of the unit is. Empty means the base unit.
func (i *Item) ratio(unit string) (quantity.Ratio, bool) {
	if unit == "" || unit == i.BaseUnit {
		return quantity.One, true
	}
	for _, u := range i.Units {
		if u.Unit == unit {
			return quantity.Ratio{Num: u.Numerator, Den: u.Denominator}, true
		}
	}
	return quantity.Ratio{}, false
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
	Rounding        money.Rounding
	Priority        int32
	// OverShipBasisPoints is how much more than was ordered may be shipped and invoiced.
	OverShipBasisPoints int32
	Version             int64
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

// PriceKey names a price: its item by SKUKey.
type PriceKey struct{ List, Currency, SKUKey string }

// SKUKey is the form of a code in which two that differ only by case are equal.
func SKUKey(sku string) string { return strings.ToLower(sku) }

// Catalog is the part of the master data that some orders need, as it was at AsOf.
type Catalog struct {
	// Items are by SKUKey, Accounts by id.
	Items    map[string]*Item
	Accounts map[string]*Account
	Prices   map[PriceKey]money.Price
	AsOf     time.Time
}
