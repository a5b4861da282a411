package domain

import (
	"fmt"
	"math/big"
	"math/bits"
	"slices"

	"github.com/waybill-dev/waybill/internal/decimal"
	"github.com/waybill-dev/waybill/internal/money"
	"github.com/waybill-dev/waybill/internal/quantity"
)

// quantityPlaces are the decimal places of ListPrice.MinQuantity.
const quantityPlaces = 6

// listed takes our price: that of the first of the account's lists that has one for the item, the day and the quantity.
// It reports whether there is one.
func (l *PricedLine) listed(ask *Ask, account *Account, catalog *Catalog, key string) bool {
	for _, list := range account.Lists() {
		prices := catalog.Prices[PriceKey{List: list, Currency: ask.Currency, SKUKey: key}]
		var best *ListPrice
		for i := range prices {
			p := &prices[i]
			if p.holds(ask.Day) && l.reaches(p.MinQuantity) && (best == nil || p.better(best)) {
				best = p
			}
		}
		if best == nil {
			continue
		}
		ratio, known := l.Item.ratio(best.Unit, ask.Day)
		if !known {
			continue
		}
		l.UnitPrice, l.PriceUnit, l.Ratio, l.List = best.UnitPrice, best.Unit, ratio, list
		if l.PriceUnit == "" {
			l.PriceUnit = l.Item.BaseUnit
		}
		return true
	}
	return false
}

// reaches reports whether the line has at least a quantity in millionths of a base unit.
func (l *PricedLine) reaches(minimum int64) bool {
	if minimum == 0 {
		return true
	}
	step := decimal.Pow10[quantityPlaces-l.Item.Scale]
	return l.Base >= minimum/step+min(minimum%step, 1)
}

// Breaks are the prices of the line's list by quantity as they hold on the day of the order, the smallest quantity first;
// of two for one quantity the newer. An agreed price has none.
func (p *Priced) Breaks(line *PricedLine, catalog *Catalog) []ListPrice {
	if line.Source == SourceAgreed {
		return nil
	}
	var breaks []ListPrice
	for _, one := range catalog.Prices[PriceKey{List: line.List, Currency: p.Currency, SKUKey: SKUKey(string(line.Item.SKU))}] {
		if _, known := line.Item.ratio(one.Unit, p.Day); !one.holds(p.Day) || !known {
			continue
		}
		if one.Unit == "" {
			one.Unit = line.Item.BaseUnit
		}
		breaks = append(breaks, one)
	}
	slices.SortFunc(breaks, func(a, b ListPrice) int {
		if a.better(&b) {
			return 1
		}
		return -1
	})
	// The newer of two for one quantity comes last.
	kept := breaks[:0]
	for i := range breaks {
		if i+1 == len(breaks) || breaks[i].MinQuantity != breaks[i+1].MinQuantity {
			kept = append(kept, breaks[i])
		}
	}
	return kept
}

// samePrice compares two prices per units of their own, exactly: theirs ÷ their unit = ours ÷ our unit.
func samePrice(theirs money.Price, their quantity.Ratio, ours money.Price, our quantity.Ratio) bool {
	if their == our {
		return theirs == ours
	}
	if our == quantity.One {
		high, low := bits.Mul64(uint64(theirs), uint64(their.Den))
		ourHigh, ourLow := bits.Mul64(uint64(ours), uint64(their.Num))
		return high == ourHigh && low == ourLow
	}
	return scaled(theirs, their.Den, our.Num).Cmp(scaled(ours, their.Num, our.Den)) == 0
}

// tolerable reports whether their price differs from ours by at most so many parts per ten thousand of ours, exactly.
func tolerable(theirs money.Price, their quantity.Ratio, ours money.Price, our quantity.Ratio, tolerance int32) bool {
	if tolerance == 0 {
		return false
	}
	left, right := scaled(theirs, their.Den, our.Num), scaled(ours, their.Num, our.Den)
	difference := new(big.Int).Sub(left, right)
	difference.Abs(difference).Mul(difference, big.NewInt(10_000))
	return difference.Cmp(right.Mul(right, big.NewInt(int64(tolerance)))) <= 0
}

func scaled(price money.Price, a, b int64) *big.Int {
	product := new(big.Int).Mul(big.NewInt(int64(price)), big.NewInt(a))
	return product.Mul(product, big.NewInt(b))
}

// choose decides between our price and the sender's.
func (l *PricedLine) choose(
	ask *Ask, sent *AskLine, account *Account, catalog *Catalog, key string, ratio quantity.Ratio,
) (field, reason, message string) {
	listed := l.listed(ask, account, catalog, key)
	missing := "there is no price for it in " + ask.Currency
	if sent.UnitPrice == "" {
		if !listed {
			return "sku", ReasonPriceMissing, missing
		}
		return "", "", ""
	}
	theirs, err := money.ParsePrice(sent.UnitPrice)
	if err != nil || theirs < 0 {
		return "unit_price", ReasonPriceInvalid, "a price is a decimal number of at most six places, not below zero"
	}
	unit := l.SentUnit
	if unit == "" {
		unit = l.Item.BaseUnit
	}
	switch {
	case listed && samePrice(theirs, ratio, l.UnitPrice, l.Ratio):
		return "", "", ""
	case ask.MayAgree || (listed && tolerable(theirs, ratio, l.UnitPrice, l.Ratio, account.PriceTolerance)):
		l.UnitPrice, l.PriceUnit, l.Ratio, l.Source = theirs, unit, ratio, SourceAgreed
		return "", "", ""
	case !listed:
		return "sku", ReasonPriceMissing, missing
	case account.HoldPrices:
		l.Differs = fmt.Sprintf("sent %s per %s, ours is %s per %s", theirs, unit, l.UnitPrice, l.PriceUnit)
		return "", "", ""
	default:
		return "unit_price", ReasonPriceDiffers, fmt.Sprintf("our price is %s per %s", l.UnitPrice, l.PriceUnit)
	}
}
