package store

import (
	"context"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
)

// LockLegalEntities loads the legal entities of the set by key and locks them until the transaction ends.
func LockLegalEntities(ctx context.Context, tx database.Transaction, keys []string) (map[string]domain.LegalEntity, error) {
	rows, err := New(tx).LockLegalEntities(ctx, keys)
	return foundByKey(ctx, rows, err, toLegalEntity)
}

// FindLegalEntities loads the legal entities of the set by key.
func FindLegalEntities(ctx context.Context, db DBTX, keys []string) (map[string]domain.LegalEntity, error) {
	rows, err := New(db).FindLegalEntities(ctx, keys)
	return foundByKey(ctx, rows, err, toLegalEntity)
}

// AllLegalEntities loads every legal entity in the order of the ids.
func AllLegalEntities(ctx context.Context, db DBTX) ([]domain.LegalEntity, error) {
	rows, err := New(db).ListLegalEntities(ctx)
	return found(ctx, rows, err, toLegalEntity)
}

// SaveLegalEntities stores the legal entities of the set. The base currency of a stored one stays as it is.
func SaveLegalEntities(ctx context.Context, tx database.Transaction, entities []domain.LegalEntity) error {
	var set SaveLegalEntitiesParams
	var json writer
	for _, entity := range entities {
		set.LegalEntityIds = append(set.LegalEntityIds, entity.LegalEntityID)
		set.Names = append(set.Names, entity.Name)
		set.BaseCurrencyCodes = append(set.BaseCurrencyCodes, entity.BaseCurrencyCode)
		set.Roundings = append(set.Roundings, entity.Rounding)
		set.TaxModes = append(set.TaxModes, entity.TaxMode)
		set.Jurisdictions = append(set.Jurisdictions, entity.TaxJurisdiction)
		set.InvoicePrefixes = append(set.InvoicePrefixes, entity.InvoicePrefix)
		set.CreditMemoPrefixes = append(set.CreditMemoPrefixes, entity.CreditMemoPrefix)
		set.Addresses = append(set.Addresses, json.write(entity.Address))
		set.Versions = append(set.Versions, entity.Version.Number)
		set.UpdatedAt = entity.Version.UpdatedAt
	}
	if json.err != nil {
		return json.err
	}
	return database.Fault(ctx, New(tx).SaveLegalEntities(ctx, set))
}

func toLegalEntity(row LegalEntity) (domain.LegalEntity, error) {
	entity := domain.LegalEntity{
		LegalEntityID: row.LegalEntityID, Name: row.Name, BaseCurrencyCode: row.BaseCurrencyCode, Rounding: row.Rounding,
		TaxMode: row.TaxMode, TaxJurisdiction: row.TaxJurisdiction, InvoicePrefix: row.InvoicePrefix,
		CreditMemoPrefix: row.CreditMemoPrefix, Version: version(row.Version, row.UpdatedAt),
	}
	var json reader
	json.read(row.Address, &entity.Address)
	return entity, json.err
}
