package store

import (
	"context"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
)

// LockPrices loads the stored prices of the set by key and locks them until the transaction ends. Their items stand in lower
// case.
func LockPrices(ctx context.Context, tx database.Transaction, wanted []domain.Price) (map[string]domain.Price, error) {
	lists, keys := make([]string, 0, len(wanted)), make([]string, 0, len(wanted))
	for _, price := range wanted {
		lists, keys = append(lists, price.PriceList), append(keys, domain.SKUKey(price.SKU))
	}
	rows, err := New(tx).LockPrices(ctx, LockPricesParams{PriceLists: lists, SkuKeys: keys})
	return foundByKey(ctx, rows, err, toPrice)
}

// PriceFilter chooses prices; what is empty chooses all.
type PriceFilter struct{ PriceList, SKU, CurrencyCode, HoldingOn, Partner string }

// ListPricesAfter loads at most limit prices that come after the given one, in the order of list, currency and item.
func ListPricesAfter(ctx context.Context, db DBTX, filter PriceFilter, after domain.Price, limit int) ([]domain.Price, error) {
	rows, err := New(db).ListPrices(ctx, ListPricesParams{
		AfterList: after.PriceList, AfterCurrency: after.CurrencyCode, AfterSkuKey: domain.SKUKey(after.SKU),
		AfterMinQuantity: after.MinQuantity, AfterValidFrom: after.ValidFrom,
		PriceList: filter.PriceList, SkuKey: domain.SKUKey(filter.SKU), CurrencyCode: filter.CurrencyCode,
		HoldingOn: filter.HoldingOn, Partner: filter.Partner, PageLimit: int32(limit),
	})
	return found(ctx, rows, err, func(row ListPricesRow) (domain.Price, error) {
		return domain.Price{
			PriceList: row.PriceList, CurrencyCode: row.CurrencyCode, SKU: row.Sku, MinQuantity: row.MinQuantity,
			ValidFrom: row.ValidFrom, ValidUntil: row.ValidUntil, UnitPrice: row.UnitPrice, PriceUnit: row.PriceUnit,
			Withdrawn: row.Withdrawn, Version: version(row.Version, row.UpdatedAt),
		}, nil
	})
}

// SavePrices stores the prices of the set.
func SavePrices(ctx context.Context, tx database.Transaction, prices []domain.Price) error {
	var set SavePricesParams
	for _, price := range prices {
		set.PriceLists = append(set.PriceLists, price.PriceList)
		set.CurrencyCodes = append(set.CurrencyCodes, price.CurrencyCode)
		set.SkuKeys = append(set.SkuKeys, domain.SKUKey(price.SKU))
		set.MinQuantities = append(set.MinQuantities, price.MinQuantity)
		set.ValidFroms = append(set.ValidFroms, price.ValidFrom)
		set.UnitPrices = append(set.UnitPrices, price.UnitPrice)
		set.PriceUnits = append(set.PriceUnits, price.PriceUnit)
		set.ValidUntils = append(set.ValidUntils, price.ValidUntil)
		set.Withdrawns = append(set.Withdrawns, price.Withdrawn)
		set.Versions = append(set.Versions, price.Version.Number)
		set.UpdatedAt = price.Version.UpdatedAt
	}
	return database.Fault(ctx, New(tx).SavePrices(ctx, set))
}

func toPrice(row Price) (domain.Price, error) {
	return domain.Price{
		PriceList: row.PriceList, CurrencyCode: row.CurrencyCode, SKU: row.SkuKey, MinQuantity: row.MinQuantity,
		ValidFrom: row.ValidFrom, ValidUntil: row.ValidUntil, UnitPrice: row.UnitPrice, PriceUnit: row.PriceUnit,
		Withdrawn: row.Withdrawn, Version: version(row.Version, row.UpdatedAt),
	}, nil
}
