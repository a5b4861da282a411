package domain

import (
	"fmt"

	"github.com/waybill-dev/waybill/internal/fault"
)

// ReferItems checks what the items of a set say about other items: known are the stored items that they name as
// substitutes, holders the items that have their codes now, by the items' keys, priced the units in which they have prices.
// Items of the set count as they will be. Substitutes come back in the spelling of the items that they name.
func ReferItems(
	wanted []Item, known map[string]Item, holders map[CodeKey]string, priced map[string][]string,
) ([]Item, []fault.Field) {
	set := make(map[string]Item, len(wanted))
	for _, item := range wanted {
		if _, ok := set[item.Key()]; !ok {
			set[item.Key()] = item
		}
	}
	referred := make([]Item, 0, len(wanted))
	var wrong []fault.Field
	taken := map[CodeKey]string{}
	for n, item := range wanted {
		fields := complaints{path: fmt.Sprintf("items[%d].", n)}
		item.Substitutes = substitutes(item, set, known, &fields)
		for c, code := range item.Codes {
			key := code.Key()
			holder, held := taken[key]
			if stored, ok := holders[key]; !held && ok {
				// An item of the set gives up what it does not list any more.
				_, changes := set[stored]
				holder, held = stored, !changes
			}
			if held && holder != item.Key() {
				fields.add(fmt.Sprintf("codes[%d].code", c), "CODE_TAKEN", fmt.Sprintf("item %q has this code", holder))
			}
			taken[key] = item.Key()
		}
		for _, unit := range priced[item.Key()] {
			if !item.HasUnit(unit) {
				fields.add("units", "UNIT_IN_USE", fmt.Sprintf("there are prices in %q", unit))
			}
		}
		referred, wrong = append(referred, item), append(wrong, fields.list...)
	}
	return referred, wrong
}

func substitutes(item Item, set, known map[string]Item, fields *complaints) []string {
	spelled := make([]string, 0, len(item.Substitutes))
	for n, sku := range item.Substitutes {
		stored, isStored := known[SKUKey(sku)]
		other, inSet := set[SKUKey(sku)]
		path := fmt.Sprintf("substitute_skus[%d]", n)
		switch {
		case !isStored && !inSet:
			fields.add(path, "UNKNOWN_ITEM", "there is no such item")
		case !inSet:
			other = stored
		case isStored:
			other.SKU = stored.SKU
		}
		if other.SKU != "" && (other.Kind != item.Kind || other.BaseUnit != item.BaseUnit || other.Scale != item.Scale) {
			fields.add(path, "SUBSTITUTE_DIFFERS", "its kind, base unit or scale is another one")
		}
		spelled = append(spelled, other.SKU)
	}
	return spelled
}
