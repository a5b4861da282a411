package store

import (
	"context"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
)

// LockItems loads the items of the set by key and locks them until the transaction ends.
func LockItems(ctx context.Context, tx database.Transaction, keys []string) (map[string]domain.Item, error) {
	rows, err := New(tx).LockItems(ctx, keys)
	items, err := withCodes(ctx, tx, rows, err)
	return byKey(items), err
}

// FindItems loads the items of the set by key.
func FindItems(ctx context.Context, db DBTX, keys []string) (map[string]domain.Item, error) {
	rows, err := New(db).FindItems(ctx, keys)
	items, err := withCodes(ctx, db, rows, err)
	return byKey(items), err
}

// ListItemsAfter loads at most limit items whose key comes after the given one, in the order of the keys.
func ListItemsAfter(ctx context.Context, db DBTX, after string, limit int) ([]domain.Item, error) {
	rows, err := New(db).ListItems(ctx, ListItemsParams{After: after, PageLimit: int32(limit)})
	return withCodes(ctx, db, rows, err)
}

// withCodes makes items of rows, with the codes that stand in a table of their own.
func withCodes(ctx context.Context, db DBTX, rows []Item, err error) ([]domain.Item, error) {
	items, err := found(ctx, rows, err, toItem)
	if err != nil || len(items) == 0 {
		return nil, err
	}
	keys := make([]string, 0, len(items))
	for _, item := range items {
		keys = append(keys, item.Key())
	}
	codeRows, err := New(db).FindCodesOfItems(ctx, keys)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	codes := make(map[string][]domain.Code, len(items))
	for _, row := range codeRows {
		codes[row.SkuKey] = append(codes[row.SkuKey], toCode(row))
	}
	for i := range items {
		items[i].Codes = codes[items[i].Key()]
		items[i] = items[i].Normal() // the database may sort texts otherwise
	}
	return items, nil
}

// CodeHolders says which item, by its key, has each of the given codes now, and the codes as they are kept.
func CodeHolders(ctx context.Context, db DBTX, keys []domain.CodeKey) (map[domain.CodeKey]string, map[domain.CodeKey]domain.Code, error) {
	holders, codes := make(map[domain.CodeKey]string, len(keys)), make(map[domain.CodeKey]domain.Code, len(keys))
	if len(keys) == 0 {
		return holders, codes, nil
	}
	var set FindCodesParams
	for _, key := range keys {
		set.CodeTypes = append(set.CodeTypes, string(key.Type))
		set.PartnerIds = append(set.PartnerIds, key.PartnerID)
		set.CodeKeys = append(set.CodeKeys, key.Code)
	}
	rows, err := New(db).FindCodes(ctx, set)
	for _, row := range rows {
		code := toCode(row)
		holders[code.Key()], codes[code.Key()] = row.SkuKey, code
	}
	return holders, codes, database.Fault(ctx, err)
}

// PriceUnits says in which units other than the base unit the items of the set have prices.
func PriceUnits(ctx context.Context, db DBTX, keys []string) (map[string][]string, error) {
	rows, err := New(db).FindPriceUnits(ctx, keys)
	units := make(map[string][]string, len(rows))
	for _, row := range rows {
		units[row.SkuKey] = append(units[row.SkuKey], row.PriceUnit)
	}
	return units, database.Fault(ctx, err)
}

// SaveItems stores the items of the set with their codes. Kind, base unit, scale and lot tracking of a stored item stay as
// they are.
func SaveItems(ctx context.Context, tx database.Transaction, items []domain.Item) error {
	var set SaveItemsParams
	var json writer
	for _, item := range items {
		set.SkuKeys = append(set.SkuKeys, item.Key())
		set.Skus = append(set.Skus, item.SKU)
		set.Descriptions = append(set.Descriptions, item.Description)
		set.Kinds = append(set.Kinds, string(item.Kind))
		set.BaseUnits = append(set.BaseUnits, item.BaseUnit)
		set.Scales = append(set.Scales, item.Scale)
		set.Units = append(set.Units, list(&json, item.Units))
		set.TaxClasses = append(set.TaxClasses, item.TaxClass)
		set.LotTrackeds = append(set.LotTrackeds, item.LotTracked)
		set.Substitutes = append(set.Substitutes, list(&json, item.Substitutes))
		set.Inactives = append(set.Inactives, item.Inactive)
		set.Versions = append(set.Versions, item.Version.Number)
		set.UpdatedAt = item.Version.UpdatedAt
	}
	if json.err != nil {
		return json.err
	}
	if err := New(tx).SaveItems(ctx, set); err != nil {
		return database.Fault(ctx, err)
	}
	return replaceCodes(ctx, tx, items, set.SkuKeys)
}

// replaceCodes replaces the codes of the items. All are given up first, so that items of the set may exchange theirs.
func replaceCodes(ctx context.Context, tx database.Transaction, items []domain.Item, keys []string) error {
	if err := New(tx).DeleteCodes(ctx, keys); err != nil {
		return database.Fault(ctx, err)
	}
	var set SaveCodesParams
	for _, item := range items {
		for _, code := range item.Codes {
			key := code.Key()
			set.CodeTypes = append(set.CodeTypes, string(key.Type))
			set.PartnerIds = append(set.PartnerIds, key.PartnerID)
			set.CodeKeys = append(set.CodeKeys, key.Code)
			set.SkuKeys = append(set.SkuKeys, item.Key())
			set.Codes = append(set.Codes, code.Code)
			set.Units = append(set.Units, code.Unit)
		}
	}
	if len(set.Codes) == 0 {
		return nil
	}
	return database.Fault(ctx, New(tx).SaveCodes(ctx, set))
}

func toItem(row Item) (domain.Item, error) {
	item := domain.Item{
		SKU: row.Sku, Description: row.Description, Kind: domain.Kind(row.Kind), BaseUnit: row.BaseUnit,
		Scale: row.Scale, TaxClass: row.TaxClass, LotTracked: row.LotTracked, Inactive: row.Inactive,
		Version: version(row.Version, row.UpdatedAt),
	}
	var json reader
	json.read(row.Units, &item.Units)
	json.read(row.Substitutes, &item.Substitutes)
	return item, json.err
}

func toCode(row ItemCode) domain.Code {
	return domain.Code{Type: domain.CodeType(row.CodeType), Code: row.Code, PartnerID: row.PartnerID, Unit: row.Unit}
}
