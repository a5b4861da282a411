package store

import (
	"context"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
)

// LockItems loads the items of the set by key and locks them until the transaction ends.
func LockItems(ctx context.Context, tx database.Transaction, keys []string) (map[string]domain.Item, error) {
	rows, err := New(tx).LockItems(ctx, keys)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	items, err := convertAll(rows, toItem)
	return byKey(items), err
}

// FindItems loads the items of the set by key.
func FindItems(ctx context.Context, db DBTX, keys []string) (map[string]domain.Item, error) {
	rows, err := New(db).FindItems(ctx, keys)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	items, err := convertAll(rows, toItem)
	return byKey(items), err
}

// ListItemsAfter loads at most limit items whose key comes after the given one, in the order of the keys.
func ListItemsAfter(ctx context.Context, db DBTX, after string, limit int) ([]domain.Item, error) {
	rows, err := New(db).ListItems(ctx, ListItemsParams{After: after, PageLimit: int32(limit)})
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	return convertAll(rows, toItem)
}

// SaveItems stores the items of the set. Kind, base unit and scale of a stored item stay as they are.
func SaveItems(ctx context.Context, tx database.Transaction, items []domain.Item) error {
	var set SaveItemsParams
	for _, item := range items {
		units, err := encodeJSON(item.Units)
		if err != nil {
			return err
		}
		set.SkuKeys = append(set.SkuKeys, item.Key())
		set.Skus = append(set.Skus, item.SKU)
		set.Descriptions = append(set.Descriptions, item.Description)
		set.Kinds = append(set.Kinds, string(item.Kind))
		set.BaseUnits = append(set.BaseUnits, item.BaseUnit)
		set.Scales = append(set.Scales, item.Scale)
		set.Units = append(set.Units, units)
		set.TaxClasses = append(set.TaxClasses, item.TaxClass)
		set.Inactives = append(set.Inactives, item.Inactive)
		set.Versions = append(set.Versions, item.Version.Number)
		set.UpdatedAt = item.Version.UpdatedAt
	}
	return database.Fault(ctx, New(tx).SaveItems(ctx, set))
}

func toItem(row Item) (domain.Item, error) {
	units, err := decodeJSON[domain.Unit](row.Units)
	return domain.Item{
		SKU: row.Sku, Description: row.Description, Kind: domain.Kind(row.Kind), BaseUnit: row.BaseUnit,
		Scale: row.Scale, Units: units, TaxClass: row.TaxClass, Inactive: row.Inactive,
		Version: version(row.Version, row.UpdatedAt),
	}, err
}
