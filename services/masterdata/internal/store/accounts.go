package store

import (
	"context"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/masterdata/internal/domain"
)

// LockAccounts loads the accounts of the set by key and locks them until the transaction ends.
func LockAccounts(ctx context.Context, tx database.Transaction, keys []string) (map[string]domain.Account, error) {
	rows, err := New(tx).LockAccounts(ctx, keys)
	return foundByKey(ctx, rows, err, toAccount)
}

// FindAccounts loads the accounts of the set by key.
func FindAccounts(ctx context.Context, db DBTX, keys []string) (map[string]domain.Account, error) {
	rows, err := New(db).FindAccounts(ctx, keys)
	return foundByKey(ctx, rows, err, toAccount)
}

// FindPayers says which accounts of the set get the invoices of accounts outside it.
func FindPayers(ctx context.Context, db DBTX, keys []string) (map[string]bool, error) {
	ids, err := New(db).FindPayers(ctx, keys)
	payers := make(map[string]bool, len(ids))
	for _, id := range ids {
		payers[id] = true
	}
	return payers, database.Fault(ctx, err)
}

// AccountFilter chooses accounts; what is empty chooses all.
type AccountFilter struct{ LegalEntity, BillTo, Partner string }

// ListAccountsAfter loads at most limit accounts whose id comes after the given one, in the order of the ids.
func ListAccountsAfter(ctx context.Context, db DBTX, filter AccountFilter, after string, limit int) ([]domain.Account, error) {
	rows, err := New(db).ListAccounts(ctx, ListAccountsParams{
		After: after, LegalEntity: filter.LegalEntity, BillTo: filter.BillTo, Partner: filter.Partner, PageLimit: int32(limit),
	})
	return found(ctx, rows, err, toAccount)
}

// SaveAccounts stores the accounts of the set. Legal entity and currency of a stored account stay as they are.
func SaveAccounts(ctx context.Context, tx database.Transaction, accounts []domain.Account) error {
	var set SaveAccountsParams
	var json writer
	for _, account := range accounts {
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
		set.PriceLists = append(set.PriceLists, list(&json, account.PriceLists))
		set.Inactives = append(set.Inactives, account.Inactive)
		set.Roundings = append(set.Roundings, account.Rounding)
		set.Priorities = append(set.Priorities, account.Priority)
		set.BillTos = append(set.BillTos, account.BillTo)
		set.ShipTos = append(set.ShipTos, list(&json, account.ShipTos))
		set.PriceDifferences = append(set.PriceDifferences, account.PriceDifference)
		set.PriceTolerances = append(set.PriceTolerances, account.PriceToleranceBP)
		set.OverShipTolerances = append(set.OverShipTolerances, account.OverShipToleranceBP)
		set.MaxPastDues = append(set.MaxPastDues, account.MaxDaysPastDue)
		set.BackorderWeights = append(set.BackorderWeights, account.BackorderWeightBP)
		set.Checkpoints = append(set.Checkpoints, account.CreditCheckpoint)
		set.PartnerIds = append(set.PartnerIds, list(&json, account.PartnerIDs))
		set.Versions = append(set.Versions, account.Version.Number)
		set.UpdatedAt = account.Version.UpdatedAt
	}
	if json.err != nil {
		return json.err
	}
	return database.Fault(ctx, New(tx).SaveAccounts(ctx, set))
}

func toAccount(row Account) (domain.Account, error) {
	account := domain.Account{
		AccountID: row.AccountID, Name: row.Name, LegalEntity: row.LegalEntity, CurrencyCode: row.CurrencyCode,
		CreditLimitMinor: row.CreditLimitMinor, UnlimitedCredit: row.UnlimitedCredit, CreditStop: row.CreditStop,
		PaymentDays: row.PaymentDays, TaxJurisdiction: row.TaxJurisdiction, EstimatedTaxRate: row.EstimatedTaxRate,
		Inactive: row.Inactive, Rounding: row.Rounding, Priority: row.Priority, BillTo: row.BillToAccountID,
		PriceDifference: row.PriceDifference, PriceToleranceBP: row.PriceToleranceBp,
		OverShipToleranceBP: row.OverShipToleranceBp, MaxDaysPastDue: row.MaxDaysPastDue,
		BackorderWeightBP: row.BackorderWeightBp, CreditCheckpoint: row.CreditCheckpoint,
		Version: version(row.Version, row.UpdatedAt),
	}
	var json reader
	json.read(row.PriceLists, &account.PriceLists)
	json.read(row.ShipTos, &account.ShipTos)
	json.read(row.PartnerIds, &account.PartnerIDs)
	return account, json.err
}
