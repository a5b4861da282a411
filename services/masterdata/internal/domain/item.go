package domain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/gs1"
)

// Kind says whether an item has stock.
type Kind string

// The kinds of item, as they are stored.
const (
	Goods   Kind = "GOODS"
	Service Kind = "SERVICE"
)

// Item is something that is sold. Units, and codes, are kept in the order in which they are compared.
type Item struct {
	SKU         string
	Description string
	Kind        Kind
	BaseUnit    string
	Scale       int64
	Units       []Unit
	Codes       []Code
	TaxClass    string
	LotTracked  bool
	Substitutes []string
	Inactive    bool
	Version     Version
}

// Unit is a unit in which an item may be ordered from a day on: one is Numerator / Denominator base units.
type Unit struct {
	Unit          string `json:"unit"`
	Numerator     int64  `json:"numerator"`
	Denominator   int64  `json:"denominator"`
	EffectiveFrom string `json:"effective_from,omitempty"`
}

// SKUKey is the form in which codes are compared: case does not matter.
func SKUKey(sku string) string { return strings.ToLower(sku) }

// Key tells items apart.
func (i Item) Key() string { return SKUKey(i.SKU) }

// Seen is the version that the caller has seen.
func (i Item) Seen() Version { return i.Version }

// HasUnit reports whether the item can be counted in a unit; no unit means the base unit.
func (i Item) HasUnit(unit string) bool {
	return unit == "" || unit == i.BaseUnit || slices.ContainsFunc(i.Units, func(u Unit) bool { return u.Unit == unit })
}

// For is the item as a partner may see it: without the codes of other partners.
func (i Item) For(partner string) Item {
	i.Codes = slices.DeleteFunc(slices.Clone(i.Codes), func(c Code) bool { return c.Type != GTIN && c.PartnerID != partner })
	return i
}

// Normal is the item with its lists in order and the base unit of codes left out.
func (i Item) Normal() Item {
	i.Units, i.Codes = slices.Clone(i.Units), slices.Clone(i.Codes)
	slices.SortFunc(i.Units, func(a, b Unit) int {
		return cmp.Or(cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.EffectiveFrom, b.EffectiveFrom))
	})
	for n := range i.Codes {
		if i.Codes[n].Unit == i.BaseUnit {
			i.Codes[n].Unit = ""
		}
	}
	slices.SortFunc(i.Codes, func(a, b Code) int { return a.Key().compare(b.Key()) })
	return i
}

// Wrong names what is wrong with the item by itself. Paths count in the order that Normal has not yet changed.
func (i Item) Wrong() []fault.Field {
	var fields complaints
	type row struct{ unit, from string }
	seen := map[row]bool{}
	for n, unit := range i.Units {
		path := fmt.Sprintf("units[%d]", n)
		fields.date(path+".effective_from", unit.EffectiveFrom)
		if key := (row{unit.Unit, unit.EffectiveFrom}); seen[key] || unit.Unit == i.BaseUnit {
			fields.add(path+".unit", "DUPLICATE_UNIT", "stands twice from the same day, or is the base unit")
		} else {
			seen[key] = true
		}
	}
	codes := map[CodeKey]bool{}
	for n, code := range i.Codes {
		path := fmt.Sprintf("codes[%d]", n)
		fields.list = append(fields.list, code.wrong(path)...)
		if !i.HasUnit(code.Unit) {
			fields.add(path+".unit", "UOM_UNKNOWN", "the item has no such unit")
		}
		if codes[code.Key()] {
			fields.add(path+".code", "DUPLICATE_CODE", "stands twice")
		}
		codes[code.Key()] = true
	}
	substitutes := map[string]bool{i.Key(): true}
	for n, sku := range i.Substitutes {
		if substitutes[SKUKey(sku)] {
			fields.add(fmt.Sprintf("substitute_skus[%d]", n), "DUPLICATE_SUBSTITUTE", "stands twice, or is the item itself")
		}
		substitutes[SKUKey(sku)] = true
	}
	if i.LotTracked && i.Kind != Goods {
		fields.add("lot_tracked", "LOTS_NEED_GOODS", "a service has no stock")
	}
	return fields.list
}

// Same compares what the item says; the spelling that came first stays.
func (i Item) Same(other Item) bool {
	return i.Description == other.Description && i.Kind == other.Kind && i.BaseUnit == other.BaseUnit &&
		i.Scale == other.Scale && i.TaxClass == other.TaxClass && i.Inactive == other.Inactive &&
		i.LotTracked == other.LotTracked && slices.Equal(i.Units, other.Units) && slices.Equal(i.Codes, other.Codes) &&
		slices.Equal(i.Substitutes, other.Substitutes)
}

// Frozen names kind, base unit, scale and lot tracking where they differ, because stock is already counted by them, and
// conversions that orders may have used before today. Paths count as the request does.
func (i Item) Frozen(stored Item, today string) []fault.Field {
	var fields complaints
	fields.frozen("kind", i.Kind != stored.Kind)
	fields.frozen("base_unit", i.BaseUnit != stored.BaseUnit)
	fields.frozen("scale", i.Scale != stored.Scale)
	fields.frozen("lot_tracked", i.LotTracked != stored.LotTracked)
	for n, unit := range i.Units {
		at := slices.IndexFunc(stored.Units, func(old Unit) bool {
			return old.Unit == unit.Unit && old.EffectiveFrom == unit.EffectiveFrom
		})
		if at >= 0 && unit.EffectiveFrom < today && unit != stored.Units[at] {
			fields.add(fmt.Sprintf("units[%d].numerator", n), "FROZEN_FIELD",
				"orders may have used the conversion: add a row with effective_from")
		}
	}
	return fields.list
}

// Following keeps the first spelling of the code.
func (i Item) Following(stored *Item, now time.Time) Item {
	var before Version
	if stored != nil {
		i.SKU, before = stored.SKU, stored.Version
	}
	i.Version = following(before, now)
	return i
}

// CodeType is a kind of code.
type CodeType string

// The kinds of code, as they are stored.
const (
	GTIN   CodeType = "GTIN"
	Buyer  CodeType = "BUYER"
	Vendor CodeType = "VENDOR"
)

// Code is a code under which partners know an item.
type Code struct {
	Type      CodeType
	Code      string
	PartnerID string
	Unit      string
}

// CodeKey tells codes apart.
type CodeKey struct {
	Type      CodeType
	PartnerID string
	// Code is a GTIN with 14 digits, another code in lower case.
	Code string
}

func (k CodeKey) compare(other CodeKey) int {
	return cmp.Or(cmp.Compare(k.Type, other.Type), cmp.Compare(k.PartnerID, other.PartnerID), cmp.Compare(k.Code, other.Code))
}

// Key tells codes apart.
func (c Code) Key() CodeKey {
	key := CodeKey{Type: c.Type, PartnerID: c.PartnerID, Code: strings.ToLower(c.Code)}
	if c.Type == GTIN {
		if long, ok := gs1.GTIN14(c.Code); ok {
			key.Code = long
		}
	}
	return key
}

func (c Code) wrong(path string) []fault.Field {
	fields := complaints{path: path + "."}
	_, isGTIN := gs1.GTIN14(c.Code)
	switch {
	case c.Type == GTIN && c.PartnerID != "":
		fields.add("partner_id", "PARTNER_UNEXPECTED", "a GTIN is nobody's own")
	case c.Type == GTIN && !isGTIN:
		fields.add("code", "GTIN_INVALID", "a GTIN has 8, 12, 13 or 14 digits, the last of which is its check digit")
	case c.Type != GTIN && c.PartnerID == "":
		fields.add("partner_id", "PARTNER_REQUIRED", "a partner's code needs the partner")
	}
	return fields.list
}
