package domain

import (
	"fmt"
	"math/bits"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/money"
	"github.com/waybill-dev/waybill/internal/quantity"
)

// MaxFaults bounds how many wrong fields one answer names.
const MaxFaults = 100

// The reasons for which an order is not taken; the contract lists them.
const (
	ReasonUnknownItem      = "UNKNOWN_ITEM"
	ReasonUnknownAccount   = "UNKNOWN_ACCOUNT"
	ReasonInactive         = "INACTIVE"
	ReasonUnitUnknown      = "UOM_UNKNOWN"
	ReasonCurrencyMismatch = "CURRENCY_MISMATCH"
	ReasonPriceMissing     = "PRICE_MISSING"
	ReasonPriceDiffers     = "PRICE_DIFFERS"
	ReasonPriceInvalid     = "PRICE_INVALID"
	ReasonAmountTooLarge   = "AMOUNT_TOO_LARGE"
)

// Ask is an order to be priced.
type Ask struct {
	AccountID, Currency string
	Lines               []AskLine
	// MayAgree: a price that differs from ours is taken as agreed.
	MayAgree bool
}

// AskLine is one line as it was sent. An empty UnitPrice asks for ours.
type AskLine struct{ SKU, Quantity, Unit, UnitPrice string }

// Priced is a priced order.
type Priced struct {
	Account  *Account
	Lines    []PricedLine
	NetTotal money.Minor
}

// PricedLine is a priced line: Base units of Item, at UnitPrice per PriceUnit, of which one is Ratio base units.
type PricedLine struct {
	Item      *Item
	Base      int64
	UnitPrice money.Price
	PriceUnit string
	Ratio     quantity.Ratio
	Source    string
	Net       money.Minor
}

// SourceAgreed is the source of a price that the sender set; others are "LIST:" and the list.
const SourceAgreed = "AGREED"

// faults collects the wrong fields of a request up to MaxFaults.
type faults struct{ fields []fault.Field }

func (f *faults) add(path, reason, message string) {
	if len(f.fields) < MaxFaults {
		f.fields = append(f.fields, fault.Field{Path: path, Reason: reason, Message: message})
	}
}

func (f *faults) err() error {
	if len(f.fields) == 0 {
		return nil
	}
	refusal := fault.New(fault.Invalid, f.fields[0].Reason, "the order has fields that are wrong; nothing was stored")
	refusal.Fields = f.fields
	return refusal
}

// Price checks an order against the master data and prices it. The error names all wrong fields, up to MaxFaults.
func Price(ask Ask, catalog *Catalog) (*Priced, error) {
	var wrong faults
	account := catalog.Accounts[ask.AccountID]
	switch {
	case account == nil:
		wrong.add("account_id", ReasonUnknownAccount, "no such account")
	case account.Inactive:
		wrong.add("account_id", ReasonInactive, "the account is inactive")
	case account.Currency != ask.Currency:
		wrong.add("currency_code", ReasonCurrencyMismatch, "the account orders in "+account.Currency)
	}
	priced := &Priced{Account: account, Lines: make([]PricedLine, len(ask.Lines))}
	for i := range ask.Lines {
		field, reason, message := priced.Lines[i].price(&ask, &ask.Lines[i], account, catalog)
		if reason != "" {
			wrong.add(fmt.Sprintf("lines[%d].%s", i, field), reason, message)
			continue
		}
		sum, err := money.Add(priced.NetTotal, priced.Lines[i].Net)
		if err != nil {
			wrong.add("lines", ReasonAmountTooLarge, "the sum of the lines is too large")
			break
		}
		priced.NetTotal = sum
	}
	if err := wrong.err(); err != nil {
		return nil, err
	}
	return priced, nil
}

// price fills the line, or says which of its fields is wrong and why. Without an account only what needs none is
// checked.
func (l *PricedLine) price(ask *Ask, sent *AskLine, account *Account, catalog *Catalog) (field, reason, message string) {
	key := SKUKey(sent.SKU)
	l.Item = catalog.Items[key]
	if l.Item == nil {
		return "sku", ReasonUnknownItem, "no such item"
	}
	if l.Item.Inactive {
		return "sku", ReasonInactive, "the item is inactive"
	}
	ratio, known := l.Item.ratio(sent.Unit)
	if !known {
		return "quantity.unit", ReasonUnitUnknown, "the item is not ordered in this unit"
	}
	base, err := quantity.ToBase(sent.Quantity, ratio, l.Item.Scale)
	if err != nil {
		refusal, _ := fault.As(err)
		return "quantity.value", refusal.Reason, refusal.Message
	}
	l.Base = base
	if account == nil || account.Currency != ask.Currency {
		return "", "", ""
	}
	if field, reason, message = l.choose(ask, sent, account, catalog, key, ratio); reason != "" {
		return field, reason, message
	}
	l.Net, err = money.ExtendPer(l.UnitPrice, l.Ratio.Num, l.Ratio.Den, base, l.Item.Scale, ask.Currency, account.Rounding)
	if err != nil {
		return "quantity.value", ReasonAmountTooLarge, "the amount of the line is too large"
	}
	return "", "", ""
}

// choose decides between our price and the sender's.
func (l *PricedLine) choose(
	ask *Ask, sent *AskLine, account *Account, catalog *Catalog, key string, ratio quantity.Ratio,
) (field, reason, message string) {
	listed := false
	for _, list := range account.Lists() {
		price, ok := catalog.Prices[PriceKey{List: list, Currency: ask.Currency, SKUKey: key}]
		if ok {
			l.UnitPrice, l.PriceUnit, l.Ratio, l.Source = price, l.Item.BaseUnit, quantity.One, "LIST:"+list
			listed = true
			break
		}
	}
	if sent.UnitPrice == "" {
		if !listed {
			return "sku", ReasonPriceMissing, "there is no price for it in " + ask.Currency
		}
		return "", "", ""
	}
	theirs, err := money.ParsePrice(sent.UnitPrice)
	if err != nil || theirs < 0 {
		return "unit_price", ReasonPriceInvalid, "a price is a decimal number of at most six places, not below zero"
	}
	switch {
	case listed && samePrice(theirs, l.UnitPrice, ratio):
		return "", "", ""
	case ask.MayAgree:
		l.UnitPrice, l.PriceUnit, l.Ratio, l.Source = theirs, sent.Unit, ratio, SourceAgreed
		if l.PriceUnit == "" {
			l.PriceUnit = l.Item.BaseUnit
		}
		return "", "", ""
	case !listed:
		return "sku", ReasonPriceMissing, "there is no price for it in " + ask.Currency
	default:
		return "unit_price", ReasonPriceDiffers, fmt.Sprintf("our price is %s per %s", l.UnitPrice, l.PriceUnit)
	}
}

// samePrice compares a price per order unit with one per base unit, exactly: theirs = ours × num ÷ den.
func samePrice(theirs, ours money.Price, ratio quantity.Ratio) bool {
	if ratio == quantity.One {
		return theirs == ours
	}
	high, low := bits.Mul64(uint64(theirs), uint64(ratio.Den))
	ourHigh, ourLow := bits.Mul64(uint64(ours), uint64(ratio.Num))
	return high == ourHigh && low == ourLow
}
