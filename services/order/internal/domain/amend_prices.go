package domain

import (
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/quantity"
)

// BaseOf reads how much of an item is wanted in a unit as it held on a day: zero, or a quantity as it is ordered.
func (c *Catalog) BaseOf(sku, value, unit, day string) (int64, error) {
	item := c.Items[SKUKey(sku)]
	if item == nil {
		return 0, fault.New(fault.Invalid, ReasonUnknownItem, "no such item")
	}
	ratio, known := item.ratio(unit, day)
	if !known {
		return 0, fault.New(fault.Invalid, ReasonUnitUnknown, "the item is not ordered in this unit")
	}
	if base, err := quantity.Parse(value, item.Scale); err == nil && base == 0 {
		return 0, nil
	}
	return quantity.ToBase(value, ratio, item.Scale)
}
