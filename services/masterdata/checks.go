package masterdata

import (
	"github.com/waybill-dev/waybill/internal/invariant"
	"github.com/waybill-dev/waybill/services/masterdata/internal/store"
)

// Checks are the rules that entities follow among themselves at any time.
func Checks() []invariant.Check {
	return []invariant.Check{
		{
			Name: "masterdata.codes", Rule: "a code stands for a unit of its item; GTINs have 14 digits to compare",
			Description: "a partner's code would be read as an amount that the item does not have",
			Run:         invariant.Query(store.CheckCodes), Examined: invariant.Count("item_code"),
		},
		{
			Name: "masterdata.substitutes", Rule: "a substitute exists, with the same kind, base unit and scale",
			Description: "an item would be replaced by one that is counted otherwise",
			Run:         invariant.Query(store.CheckSubstitutes), Examined: invariant.Count("item"),
		},
		{
			Name: "masterdata.bill_to", Rule: "a bill-to exists, in the same company and currency, and pays for itself",
			Description: "an invoice would have nobody to go to",
			Run:         invariant.Query(store.CheckBillTo), Examined: invariant.Count("account"),
		},
		{
			Name: "masterdata.prices", Rule: "a price is in a unit of its item",
			Description: "an order line could not be priced",
			Run:         invariant.Query(store.CheckPriceUnits), Examined: invariant.Count("price"),
		},
		{
			Name: "masterdata.rates", Rule: "each number of a pair stands once",
			Description: "two changes of a pair were told under one number",
			Run:         invariant.Query(store.CheckRateNumbers), Examined: invariant.Count("exchange_rate"),
		},
		{
			Name: "masterdata.set_aside", Rule: "what waits for a person was told, what may settle has its time",
			Description: "something that the ERP said would be lost without anybody knowing",
			Run:         invariant.Query(store.CheckSetAside), Examined: invariant.Count("master_set_aside"),
		},
	}
}
