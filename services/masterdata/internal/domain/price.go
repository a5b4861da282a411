package domain

import (
	"fmt"
	"strings"
	"time"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/money"
	"github.com/waybill-dev/waybill/internal/quantity"
)

// Price is what one unit of an item costs on one list, from a quantity on, for a time.
type Price struct {
	PriceList    string
	CurrencyCode string
	SKU          string
	// MinQuantity is a decimal in base units; empty: any quantity.
	MinQuantity string
	ValidFrom   string
	ValidUntil  string
	UnitPrice   string
	// PriceUnit is the unit that UnitPrice is for; empty: the base unit.
	PriceUnit string
	Withdrawn bool
	Version   Version
}

// KeySeparator stands between the parts of a price's key. Items may have it in their codes; lists and currencies do not.
const KeySeparator = "|"

var escapeSeparator = strings.NewReplacer(`\`, `\\`, KeySeparator, `\`+KeySeparator)

// Key tells prices apart: list, currency, item, and of prices that do not hold always and for any quantity also these.
func (p Price) Key() string {
	key := p.PriceList + KeySeparator + p.CurrencyCode + KeySeparator + escapeSeparator.Replace(SKUKey(p.SKU))
	if p.MinQuantity == "" && p.ValidFrom == "" {
		return key
	}
	return key + KeySeparator + p.MinQuantity + KeySeparator + p.ValidFrom
}

// Seen is the version that the caller has seen.
func (p Price) Seen() Version { return p.Version }

// Normal is the price with its numbers in their shortest form; what is no number stays as it is.
func (p Price) Normal() Price {
	if amount, err := money.ParsePrice(p.UnitPrice); err == nil {
		p.UnitPrice = amount.String()
	}
	if base, err := quantity.Parse(p.MinQuantity, quantity.MaxScale); err == nil {
		p.MinQuantity = ""
		if base != 0 {
			p.MinQuantity = quantity.Format(base, quantity.MaxScale)
		}
	}
	return p
}

// Wrong names what is wrong with the price by itself.
func (p Price) Wrong() []fault.Field {
	var fields complaints
	fields.currency("currency_code", p.CurrencyCode)
	if strings.Contains(p.PriceList, KeySeparator) {
		fields.add("price_list", "PRICE_LIST_INVALID", "a list's code holds no "+KeySeparator)
	}
	if amount, err := money.ParsePrice(p.UnitPrice); err != nil || amount < 0 {
		fields.add("unit_price", "PRICE_INVALID", "a decimal with at most six places is expected")
	}
	fields.date("valid_from", p.ValidFrom)
	fields.date("valid_until", p.ValidUntil)
	if p.ValidUntil != "" && p.ValidUntil < p.ValidFrom {
		fields.add("valid_until", "VALIDITY_EMPTY", "the price would end before it begins")
	}
	return fields.list
}

// Same compares what the price says.
func (p Price) Same(other Price) bool {
	return p.UnitPrice == other.UnitPrice && p.ValidUntil == other.ValidUntil && p.PriceUnit == other.PriceUnit &&
		p.Withdrawn == other.Withdrawn
}

// Frozen names nothing.
func (p Price) Frozen(Price, string) []fault.Field { return nil }

// Following is the next version.
func (p Price) Following(stored *Price, now time.Time) Price {
	var before Version
	if stored != nil {
		before = stored.Version
	}
	p.Version = following(before, now)
	return p
}

// ReferPrices checks what the prices of a set say about their items, and gives them the items' spelling.
func ReferPrices(wanted []Price, items map[string]Item) ([]Price, []fault.Field) {
	referred := make([]Price, 0, len(wanted))
	var wrong []fault.Field
	for n, price := range wanted {
		fields := complaints{path: fmt.Sprintf("prices[%d].", n)}
		item, ok := items[SKUKey(price.SKU)]
		if !ok {
			fields.add("sku", "UNKNOWN_ITEM", "there is no such item")
		} else {
			price = price.of(item, &fields)
		}
		referred, wrong = append(referred, price), append(wrong, fields.list...)
	}
	return referred, wrong
}

func (p Price) of(item Item, fields *complaints) Price {
	p.SKU = item.SKU
	if !item.HasUnit(p.PriceUnit) {
		fields.add("price_unit", "UOM_UNKNOWN", "the item has no such unit")
	}
	if p.PriceUnit == item.BaseUnit {
		p.PriceUnit = ""
	}
	if p.MinQuantity != "" {
		if _, err := quantity.Parse(p.MinQuantity, int(item.Scale)); err != nil {
			fields.add("min_quantity", fault.ReasonOf(err), fmt.Sprintf("the item is counted with %d decimal places", item.Scale))
		}
	}
	return p
}
