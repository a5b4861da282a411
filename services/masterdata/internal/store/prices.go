package store

import (
	"context"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
)

// LockPrices loads the stored prices of the set by key and locks them until the transaction ends.
func LockPrices(ctx context.Context, tx database.Transaction, wanted []domain.Price) (map[string]domain.Price, error) {
	lists, keys := make([]string, 0, len(wanted)), make([]string, 0, len(wanted))
	for _, price := range wanted {
		lists, keys = append(lists, price.PriceList), append(keys, domain.SKUKey(price.SKU))
	}
	rows, err := New(tx).LockPrices(ctx, LockPricesParams{PriceLists: lists, SkuKeys: keys})
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	prices := make([]domain.Price, 0, len(rows))
	for _, row := range rows {
		prices = append(prices, domain.Price{
			PriceList: row.PriceList, CurrencyCode: row.CurrencyCode, SKU: row.SkuKey, UnitPrice: row.UnitPrice,
			Version: version(row.Version, row.UpdatedAt),
		})
	}
	return byKey(prices), nil
}

// SavePrices stores the prices of the set.
func SavePrices(ctx context.Context, tx database.Transaction, prices []domain.Price) error {
	var set SavePricesParams
	for _, price := range prices {
		set.PriceLists = append(set.PriceLists, price.PriceList)
		set.CurrencyCodes = append(set.CurrencyCodes, price.CurrencyCode)
		set.SkuKeys = append(set.SkuKeys, domain.SKUKey(price.SKU))
		set.UnitPrices = append(set.UnitPrices, price.UnitPrice)
		set.Versions = append(set.Versions, price.Version.Number)
		set.UpdatedAt = price.Version.UpdatedAt
	}
	return database.Fault(ctx, New(tx).SavePrices(ctx, set))
}
