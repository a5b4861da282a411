package domain

import (
	"fmt"
	"strings"

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
	ReasonAmbiguousCode    = "AMBIGUOUS_ITEM_CODE"
	ReasonItemTwice        = "ITEM_TWICE"
	ReasonUnknownShipTo    = "UNKNOWN_SHIP_TO"
	ReasonShipToTwice      = "SHIP_TO_TWICE"
	ReasonChargeInvalid    = "CHARGE_INVALID"
	ReasonDiscountTooLarge = "DISCOUNT_TOO_LARGE"
)

// Ask is an order to be priced.
type Ask struct {
	AccountID, Currency string
	// Partner is whose item codes count.
	Partner string
	// Day is when the order was placed, "YYYY-MM-DD" in UTC: prices and units are those of that day.
	Day string
	// ShipTo is where it goes.
	ShipTo  AskShipTo
	Lines   []AskLine
	Charges []AskCharge
	// MayAgree: a price that differs from ours is taken as agreed.
	MayAgree bool
}

// AskLine is one line as it was sent. An empty UnitPrice asks for ours. Code names the item in place of SKU.
type AskLine struct {
	SKU, Quantity, Unit, UnitPrice string
	Code                           CodeKey
	ShipTo                         AskShipTo
}

// AskShipTo is where something goes: to an address that was Given, or that the account has under a Code, or neither.
type AskShipTo struct {
	Given bool
	Code  string
}

// Priced is a priced order.
type Priced struct {
	Account *Account
	// BillTo is the account that gets the invoices: Account, or the one that this names.
	BillTo        *Account
	Currency, Day string
	Rounding      money.Rounding
	PerDocument   bool // tax is rounded per document
	// ShipTo is the account's place that the order names; nil: it names none. TaxJurisdiction is where tax is due.
	ShipTo          *ShipTo
	TaxJurisdiction string
	Lines           []PricedLine
	Charges         []Charge
	// NetTotal is the sum of the lines, Total that with the charges.
	NetTotal, Total money.Minor
}

// PricedLine is a priced line: Base units of Item, at UnitPrice per PriceUnit, of which one is Ratio base units.
type PricedLine struct {
	Item *Item
	// SentUnit is the unit of the quantity as sent: that of the code when none was named; empty: the base unit.
	SentUnit  string
	Base      int64
	UnitPrice money.Price
	PriceUnit string
	Ratio     quantity.Ratio
	// List is the price list that has a price for it.
	List   string
	Source string
	Net    money.Minor
	// Differs says how the sender's price differs from ours, when the order is to be held for it.
	Differs string
	// Charges are its parts of the charges.
	Charges []money.Minor
	ShipTo  *ShipTo
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
	priced := &Priced{Currency: ask.Currency, Day: ask.Day, Lines: make([]PricedLine, len(ask.Lines))}
	priced.terms(&ask, catalog, &wrong)
	for i := range ask.Lines {
		line := &priced.Lines[i]
		field, reason, message := line.price(&ask, &ask.Lines[i], priced, catalog)
		if reason == "" && priced.Account != nil {
			line.ShipTo, field, reason, message = priced.Account.shipTo(ask.Lines[i].ShipTo)
		}
		if reason != "" {
			wrong.add(fmt.Sprintf("lines[%d].%s", i, field), reason, message)
			continue
		}
		sum, err := money.Add(priced.NetTotal, line.Net)
		if err != nil {
			wrong.add("lines", ReasonAmountTooLarge, "the sum of the lines is too large")
			break
		}
		priced.NetTotal = sum
	}
	if len(wrong.fields) == 0 {
		priced.charge(ask.Charges, &wrong)
	}
	if err := wrong.err(); err != nil {
		return nil, err
	}
	return priced, nil
}

// terms are those of the account, of the one that gets its invoices, and of the company that sells.
func (p *Priced) terms(ask *Ask, catalog *Catalog, wrong *faults) {
	account := catalog.Accounts[ask.AccountID]
	switch {
	case account == nil:
		wrong.add("account_id", ReasonUnknownAccount, "no such account")
		return
	case account.Inactive:
		wrong.add("account_id", ReasonInactive, "the account is inactive")
	case account.Currency != ask.Currency:
		wrong.add("currency_code", ReasonCurrencyMismatch, "the account orders in "+account.Currency)
	}
	p.Account, p.BillTo, p.Rounding = account, account, account.Rounding
	if account.BillTo != "" {
		p.BillTo = catalog.Accounts[account.BillTo]
	}
	switch {
	case p.BillTo == nil:
		wrong.add("account_id", ReasonUnknownAccount, "its bill-to "+account.BillTo+" is not known")
	case p.BillTo != account && p.BillTo.Inactive:
		wrong.add("account_id", ReasonInactive, "its bill-to "+account.BillTo+" is inactive")
	}
	var field, reason, message string
	if p.ShipTo, field, reason, message = account.shipTo(ask.ShipTo); reason != "" {
		wrong.add(field, reason, message)
	}
	p.TaxJurisdiction = account.TaxJurisdiction
	if p.ShipTo != nil && p.ShipTo.TaxJurisdiction != "" {
		p.TaxJurisdiction = p.ShipTo.TaxJurisdiction
	}
	if entity := catalog.Entities[account.LegalEntity]; entity != nil {
		p.PerDocument = entity.PerDocument
		if p.Rounding == "" {
			p.Rounding = entity.Rounding
		}
		if p.TaxJurisdiction == "" {
			p.TaxJurisdiction = entity.TaxJurisdiction
		}
	}
	if p.Rounding == "" {
		p.Rounding = money.HalfUp
	}
}

// shipTo is the place of the account that is named; nil: none is.
func (a *Account) shipTo(asked AskShipTo) (place *ShipTo, field, reason, message string) {
	if asked.Code == "" {
		return nil, "", "", ""
	}
	if asked.Given {
		return nil, "ship_to_code", ReasonShipToTwice, "there is an address as well"
	}
	for i := range a.ShipTos {
		switch one := &a.ShipTos[i]; {
		case one.Code != asked.Code:
		case one.Inactive:
			return nil, "ship_to_code", ReasonInactive, "nothing goes there any more"
		default:
			return one, "", "", ""
		}
	}
	return nil, "ship_to_code", ReasonUnknownShipTo, "the account has no such ship-to"
}

// Differences says which prices differ from ours so that the order is to be held; empty: none does.
func (p *Priced) Differences() string {
	const named = 10
	var differ []string
	more := 0
	for i := range p.Lines {
		switch {
		case p.Lines[i].Differs == "":
		case len(differ) == named:
			more++
		default:
			differ = append(differ, fmt.Sprintf("line %d: %s", i+1, p.Lines[i].Differs))
		}
	}
	if more > 0 {
		differ = append(differ, fmt.Sprintf("and %d more lines", more))
	}
	return strings.Join(differ, "; ")
}

// find names the item of a line, or says what is wrong with how it was named.
func (l *PricedLine) find(sent *AskLine, catalog *Catalog) (key, field, reason, message string) {
	key, field, l.SentUnit = SKUKey(sent.SKU), "sku", sent.Unit
	switch {
	case sent.Code.Code == "" && sent.SKU == "":
		return key, field, ReasonUnknownItem, "the line names no item"
	case sent.Code.Code == "":
	case sent.SKU != "":
		return key, "item_code", ReasonItemTwice, "there is a sku as well"
	default:
		field = "item_code"
		switch found := catalog.Codes[sent.Code]; {
		case len(found) > 1:
			return key, field, ReasonAmbiguousCode, "several items have this code"
		case len(found) == 1:
			key = found[0].SKUKey
			if l.SentUnit == "" {
				l.SentUnit = found[0].Unit
			}
		default:
			return key, field, ReasonUnknownItem, "no item has this code"
		}
	}
	if l.Item = catalog.Items[key]; l.Item == nil {
		return key, field, ReasonUnknownItem, "no such item"
	}
	if l.Item.Inactive {
		return key, field, ReasonInactive, "the item is inactive"
	}
	return key, field, "", ""
}

// price fills the line, or says which of its fields is wrong and why. Without an account only what needs none is
// checked.
func (l *PricedLine) price(ask *Ask, sent *AskLine, order *Priced, catalog *Catalog) (field, reason, message string) {
	key, named, reason, message := l.find(sent, catalog)
	if reason != "" {
		return named, reason, message
	}
	ratio, known := l.Item.ratio(l.SentUnit, ask.Day)
	if !known {
		return "quantity.unit", ReasonUnitUnknown, "the item is not ordered in this unit"
	}
	base, err := quantity.ToBase(sent.Quantity, ratio, l.Item.Scale)
	if err != nil {
		refusal, _ := fault.As(err)
		return "quantity.value", refusal.Reason, refusal.Message
	}
	l.Base = base
	if order.Account == nil || order.Account.Currency != ask.Currency {
		return "", "", ""
	}
	if field, reason, message = l.choose(ask, sent, order.Account, catalog, key, ratio); reason != "" {
		if field == "sku" {
			field = named
		}
		return field, reason, message
	}
	if l.Source == "" {
		l.Source = "LIST:" + l.List
	}
	l.Net, err = money.ExtendPer(l.UnitPrice, l.Ratio.Num, l.Ratio.Den, base, l.Item.Scale, ask.Currency, order.Rounding)
	if err != nil {
		return "quantity.value", ReasonAmountTooLarge, "the amount of the line is too large"
	}
	return "", "", ""
}
