package domain

import (
	"strconv"
	"strings"

	"github.com/waybill-dev/waybill/internal/fault"
)

// Master is master data that flows in from the ERP.
type Master[T any] interface {
	Entity[T]
	// Awaits says whether all that is wrong with this one may come right because something else changes, and which change that is, as
	// Settles names it; empty where that is not known.
	Awaits(fields []fault.Field) (what string, may bool)
	// Settles names what may come right because this one has changed; stored is nil for a new one.
	Settles(stored *T) []string
}

// What changes are called.
const (
	anItem    = "ITEM/"
	aCode     = "CODE/"
	anAccount = "ACCOUNT/"
	somePrice = "PRICE/"
)

// awaits asks of each field which change may mend it; false: none can.
func awaits(fields []fault.Field, mended func(fault.Field) (string, bool)) (string, bool) {
	first := ""
	for _, field := range fields {
		what, may := mended(field)
		if !may {
			return "", false
		}
		if first == "" {
			first = what
		}
	}
	return first, len(fields) > 0
}

// Awaits is as Master says: a substitute may come, a code be given up, the last price in a unit go.
func (i Item) Awaits(fields []fault.Field) (string, bool) {
	return awaits(fields, func(field fault.Field) (string, bool) {
		n := position(field.Path)
		switch {
		case field.Reason == "UNKNOWN_ITEM" && n < len(i.Substitutes):
			return anItem + SKUKey(i.Substitutes[n]), true
		case field.Reason == "CODE_TAKEN" && n < len(i.Codes):
			return i.Codes[n].Key().change(), true
		case field.Reason == "UNIT_IN_USE":
			return somePrice + i.Key(), true
		}
		return "", false
	})
}

// Settles is as Master says.
func (i Item) Settles(stored *Item) []string {
	settled := []string{anItem + i.Key()}
	if stored == nil {
		return settled
	}
	kept := make(map[CodeKey]bool, len(i.Codes))
	for _, code := range i.Codes {
		kept[code.Key()] = true
	}
	for _, code := range stored.Codes {
		if !kept[code.Key()] {
			settled = append(settled, code.Key().change())
		}
	}
	return settled
}

func (k CodeKey) change() string {
	return aCode + strings.Join([]string{string(k.Type), k.PartnerID, k.Code}, KeySeparator)
}

// Awaits is as Master says: the account that gets the invoices may come, or get its own again.
func (a Account) Awaits(fields []fault.Field) (string, bool) {
	return awaits(fields, func(field fault.Field) (string, bool) {
		switch field.Reason {
		case "UNKNOWN_ACCOUNT", "BILL_TO_CHAINED":
			return anAccount + a.BillTo, true
		}
		return "", false
	})
}

// Settles is as Master says. Who was billed for this account may bill to others now.
func (a Account) Settles(*Account) []string { return []string{anAccount + a.AccountID} }

// Awaits is as Master says: the item may come, or get the unit.
func (p Price) Awaits(fields []fault.Field) (string, bool) {
	return awaits(fields, func(field fault.Field) (string, bool) {
		switch field.Reason {
		case "UNKNOWN_ITEM", "UOM_UNKNOWN":
			return anItem + SKUKey(p.SKU), true
		}
		return "", false
	})
}

// Settles is as Master says.
func (p Price) Settles(*Price) []string { return []string{somePrice + SKUKey(p.SKU)} }

// position is the first number in brackets of a path: 2 of "codes[2].code".
func position(path string) int {
	_, rest, _ := strings.Cut(path, "[")
	digits, _, _ := strings.Cut(rest, "]")
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return n
}
