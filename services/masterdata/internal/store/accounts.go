package store

import (
	"context"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
)

// LockAccounts loads the accounts of the set by key and locks them until the transaction ends.
func LockAccounts(ctx context.Context, tx database.Transaction, keys []string) (map[string]domain.Account, error) {
	rows, err := New(tx).LockAccounts(ctx, keys)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	accounts, err := convertAll(rows, toAccount)
	return byKey(accounts), err
}

// FindAccounts loads the accounts of the set by key.
func FindAccounts(ctx context.Context, db DBTX, keys []string) (map[string]domain.Account, error) {
	rows, err := New(db).FindAccounts(ctx, keys)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	accounts, err := convertAll(rows, toAccount)
	return byKey(accounts), err
}

// SaveAccounts stores the accounts of the set. Legal entity and currency of a stored account stay as they are.
func SaveAccounts(ctx context.Context, tx database.Transaction, accounts []domain.Account) error {
	var set SaveAccountsParams
	for _, account := range accounts {
		lists, err := encodeJSON(account.PriceLists)
		if err != nil {
			return err
		}
		set.AccountIds = append(set.AccountIds, account.AccountID)
		set.Names = append(set.Names, account.Name)
		set.LegalEntities = append(set.LegalEntities, account.LegalEntity)
		set.CurrencyCodes = append(set.CurrencyCodes, account.CurrencyCode)
		set.CreditLimits = append(set.CreditLimits, account.CreditLimitMinor)
		set.Unlimiteds = append(set.Unlimiteds, account.UnlimitedCredit)
		set.Stops = append(set.Stops, account.CreditStop)
		set.PaymentDays = append(set.PaymentDays, account.PaymentDays)
		set.Jurisdictions = append(set.Jurisdictions, account.TaxJurisdiction)
		set.TaxRates = append(set.TaxRates, account.EstimatedTaxRate)
		set.PriceLists = append(set.PriceLists, lists)
		set.Inactives = append(set.Inactives, account.Inactive)
		set.Roundings = append(set.Roundings, account.Rounding)
		set.Priorities = append(set.Priorities, account.Priority)
		set.Versions = append(set.Versions, account.Version.Number)
		set.UpdatedAt = account.Version.UpdatedAt
	}
	return database.Fault(ctx, New(tx).SaveAccounts(ctx, set))
}

func toAccount(row Account) (domain.Account, error) {
	lists, err := decodeJSON[string](row.PriceLists)
	return domain.Account{
		AccountID: row.AccountID, Name: row.Name, LegalEntity: row.LegalEntity, CurrencyCode: row.CurrencyCode,
		CreditLimitMinor: row.CreditLimitMinor, UnlimitedCredit: row.UnlimitedCredit, CreditStop: row.CreditStop,
		PaymentDays: row.PaymentDays, TaxJurisdiction: row.TaxJurisdiction, EstimatedTaxRate: row.EstimatedTaxRate,
		PriceLists: lists, Inactive: row.Inactive, Rounding: row.Rounding, Priority: row.Priority,
		Version: version(row.Version, row.UpdatedAt),
	}, err
}
