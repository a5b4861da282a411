// Package store keeps what the sandbox ERP has posted. Sets go in and come out; nothing here decides.
package store

import (
	"context"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/connector/erp/internal/domain"
)

// LoadLedger loads the part of the postings that a set touches.
func LoadLedger(ctx context.Context, tx database.Transaction, documents []domain.Document) (*domain.Ledger, error) {
	var ids, orders []string
	for _, document := range documents {
		ids = append(ids, document.ID)
		orders = append(orders, document.OrderID+firstRevision)
	}
	postings, err := FindByIDs(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	posted, err := New(tx).FindOrders(ctx, orders)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	return domain.NewLedger(postings, posted), nil
}

// firstRevision ends the document id of an order as it was accepted.
const firstRevision = "/0"

// FindByIDs finds what is posted of these documents.
func FindByIDs(ctx context.Context, db DBTX, ids []string) ([]domain.Posting, error) {
	rows, err := New(db).FindPostings(ctx, ids)
	return fromRows(rows), database.Fault(ctx, err)
}

// List gives a page of what is posted, by document id.
func List(ctx context.Context, db DBTX, after string, limit int32) ([]domain.Posting, error) {
	rows, err := New(db).ListPostings(ctx, ListPostingsParams{After: after, PageLimit: limit})
	return fromRows(rows), database.Fault(ctx, err)
}

// Save stores postings that are new or were sent again.
func Save(ctx context.Context, tx database.Transaction, postings []domain.Posting) error {
	if len(postings) == 0 {
		return nil
	}
	var set SavePostingsParams
	for _, one := range postings {
		set.Ids = append(set.Ids, one.ID)
		set.OrderIds = append(set.OrderIds, one.OrderID)
		set.Kinds = append(set.Kinds, int64(one.Kind))
		set.Hashes = append(set.Hashes, one.Hash)
		set.Currencies = append(set.Currencies, one.CurrencyCode)
		set.Totals = append(set.Totals, one.TotalMinor)
		set.Numbers = append(set.Numbers, one.ERPNumber)
		set.PostedAts = append(set.PostedAts, one.PostedAt)
		set.Times = append(set.Times, one.TimesSent)
		set.NotToShip = append(set.NotToShip, one.NotToShip)
	}
	return database.Fault(ctx, New(tx).SavePostings(ctx, set))
}

func fromRows(rows []Posting) []domain.Posting {
	postings := make([]domain.Posting, 0, len(rows))
	for _, row := range rows {
		postings = append(postings, domain.Posting{
			Document: domain.Document{
				ID: row.DocumentID, OrderID: row.OrderID, Kind: domain.Kind(row.Kind), Hash: row.ContentHash,
				CurrencyCode: row.CurrencyCode, TotalMinor: row.TotalMinor, NotToShip: row.NotToShip,
			},
			ERPNumber: row.ErpNumber, PostedAt: row.PostedAt, TimesSent: row.TimesSent,
		})
	}
	return postings
}

// FindAccounts finds those of the customers of whom a person has said how they stand.
func FindAccounts(ctx context.Context, db DBTX, ids []string) (map[string]domain.Account, error) {
	rows, err := New(db).FindAccounts(ctx, ids)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	found := make(map[string]domain.Account, len(rows))
	for _, row := range rows {
		account := domain.Account{ID: row.AccountID, Standing: domain.Standing(row.State), PaymentDays: -1}
		if row.PaymentDays.Valid {
			account.PaymentDays = row.PaymentDays.Int64
		}
		found[row.AccountID] = account
	}
	return found, nil
}

// SetAccounts stores how customers stand, each once.
func SetAccounts(ctx context.Context, tx database.Transaction, accounts map[string]domain.Account) error {
	var set SaveAccountsParams
	for id, one := range accounts {
		set.Ids, set.States = append(set.Ids, id), append(set.States, string(one.Standing))
		set.Days = append(set.Days, one.PaymentDays)
	}
	return database.Fault(ctx, New(tx).SaveAccounts(ctx, set))
}
