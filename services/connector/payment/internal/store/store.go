// Package store keeps what the sandbox provider was asked for. Sets go in and come out; nothing here decides.
package store

import (
	"context"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/connector/payment/internal/domain"
)

// Find loads operations; those that are not there are missing.
func Find(ctx context.Context, db DBTX, keys []string) ([]domain.Operation, error) {
	rows, err := New(db).FindOperations(ctx, keys)
	return operations(rows), database.Fault(ctx, err)
}

// Locked loads operations and locks them.
func Locked(ctx context.Context, tx database.Transaction, keys []string) ([]domain.Operation, error) {
	rows, err := New(tx).LockOperations(ctx, keys)
	return operations(rows), database.Fault(ctx, err)
}

// Save stores operations that are new or changed.
func Save(ctx context.Context, tx database.Transaction, changed []domain.Operation) error {
	if len(changed) == 0 {
		return nil
	}
	var set SaveOperationsParams
	for _, one := range changed {
		set.Keys = append(set.Keys, one.Key)
		set.Kinds = append(set.Kinds, string(one.Kind))
		set.ParentKeys = append(set.ParentKeys, one.Parent)
		set.Tokens = append(set.Tokens, one.Token)
		set.CurrencyCodes = append(set.CurrencyCodes, one.Currency)
		set.Amounts = append(set.Amounts, one.Amount)
		set.Used = append(set.Used, one.Used)
		set.Statuses = append(set.Statuses, string(one.Status))
		set.DeclineCodes = append(set.DeclineCodes, one.Code)
	}
	return database.Fault(ctx, New(tx).SaveOperations(ctx, set))
}

func operations(rows []Operation) []domain.Operation {
	read := make([]domain.Operation, 0, len(rows))
	for _, row := range rows {
		read = append(read, domain.Operation{
			Key: row.Key, Kind: domain.Kind(row.Kind), Parent: row.ParentKey, Token: row.Token, Currency: row.CurrencyCode,
			Amount: row.AmountMinor, Used: row.UsedMinor, Status: domain.Status(row.Status), Code: row.DeclineCode,
		})
	}
	return read
}
