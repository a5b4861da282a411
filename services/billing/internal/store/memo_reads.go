package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/money"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
)

func toMemo(row CreditMemo) *domain.Memo {
	memo := &domain.Memo{
		ID: row.CreditMemoID, Return: row.ReturnID, Order: row.OrderID, Partner: row.PartnerID,
		Account: domain.AccountID(row.AccountID), SoldTo: domain.AccountID(row.SoldToAccountID), LegalEntity: row.LegalEntity,
		Currency: row.CurrencyCode, Rounding: money.Rounding(row.Rounding), TaxMode: money.TaxLevel(row.TaxMode),
		Jurisdiction: row.TaxJurisdiction, State: domain.State(row.State), Net: row.NetMinor, Fee: row.FeeMinor, Tax: row.TaxMinor,
		Applied: row.AppliedMinor, Refunded: row.RefundedMinor, PaidOut: row.PaidOutMinor, Reason: row.Reason, EventSequence: row.EventSequence, Number: row.Number.Int64,
		Document: row.DocumentNumber, Base: domain.Base{
			BaseTerms: domain.BaseTerms{Currency: row.BaseCurrencyCode}, Net: row.BaseNetMinor, Tax: row.BaseTaxMinor,
		},
	}
	if rate, err := money.ParseExchangeRate(row.ExchangeRate); err == nil { // empty before it is issued
		memo.Base.Rate = rate
	}
	memo.Discarded = domain.Discarded{By: row.DiscardedBy, Reason: row.DiscardReason}
	if row.DiscardedAt != nil {
		memo.Discarded.At = *row.DiscardedAt
	}
	if row.IssuedAt != nil {
		memo.IssuedAt = *row.IssuedAt
	}
	if row.JournalID != nil {
		memo.Journal = &domain.Journal{ID: *row.JournalID}
	}
	return memo
}

// fillMemos loads the lines of the memos with their taxes, and to which invoices they are applied.
func fillMemos(ctx context.Context, db DBTX, memos []*domain.Memo) error {
	if len(memos) == 0 {
		return nil
	}
	ids, _ := memoKeys(memos)
	byID := make(map[uuid.UUID]*domain.Memo, len(memos))
	for _, memo := range memos {
		byID[memo.ID] = memo
	}
	q := New(db)
	lines, err := q.FindMemoLines(ctx, ids)
	if err != nil {
		return database.Fault(ctx, err)
	}
	for _, row := range lines {
		memo := byID[row.CreditMemoID]
		memo.Lines = append(memo.Lines, domain.MemoLine{
			Position: int32(row.Position), Invoice: row.InvoiceID, InvoicePosition: int32(row.InvoicePosition),
			ShipmentLine: row.ShipmentLineID, Quantity: row.Quantity, TaxClass: row.TaxClass, Ledger: domain.Ledger(row.Ledger),
			Net: row.NetMinor, Fee: row.FeeMinor, Item: domain.CreditedItem{
				SKU: row.Sku, Description: row.Description, Unit: row.Unit, Scale: int(row.Scale), UnitPrice: row.UnitPrice,
			},
		})
	}
	taxes, err := q.FindMemoTaxes(ctx, ids)
	if err != nil {
		return database.Fault(ctx, err)
	}
	for _, row := range taxes {
		// Positions count from 1 without gaps.
		line := &byID[row.CreditMemoID].Lines[row.Position-1]
		line.Taxes = append(line.Taxes, domain.Tax{Jurisdiction: row.Jurisdiction, Name: row.Name, Rate: row.Rate, Amount: row.AmountMinor})
		line.Tax += row.AmountMinor
	}
	applications, err := q.FindApplications(ctx, ids)
	if err != nil {
		return database.Fault(ctx, err)
	}
	for _, row := range applications {
		memo := byID[row.CreditMemoID]
		memo.Applications = append(memo.Applications, domain.Application{Invoice: row.InvoiceID, Amount: row.AmountMinor})
	}
	return nil
}

// wholeMemos loads what stands beside the heads: lines, applications, and why some still wait.
func wholeMemos(ctx context.Context, db DBTX, rows []CreditMemo) ([]*domain.Memo, error) {
	memos := make([]*domain.Memo, 0, len(rows))
	waiting := map[uuid.UUID]*domain.Memo{}
	for _, row := range rows {
		memo := toMemo(row)
		if memos = append(memos, memo); memo.State == domain.MemoPending {
			waiting[memo.ID] = memo
		}
	}
	if len(waiting) > 0 {
		ids, shards := memoKeys(memos)
		pending, err := New(db).FindPendingMemos(ctx, FindPendingMemosParams{Shards: shards, CreditMemoIds: ids})
		if err != nil {
			return nil, database.Fault(ctx, err)
		}
		for _, row := range pending {
			if memo := waiting[row.CreditMemoID]; memo != nil {
				memo.Deferred, memo.Attempts = row.Reason, row.Attempts
			}
		}
	}
	return memos, fillMemos(ctx, db, memos)
}

// MemoByID loads a credit memo with its lines; nil when there is none.
func MemoByID(ctx context.Context, db DBTX, id uuid.UUID) (*domain.Memo, error) {
	rows, err := New(db).FindMemos(ctx, []uuid.UUID{id})
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	memos, err := wholeMemos(ctx, db, rows)
	if err != nil || len(memos) == 0 {
		return nil, err
	}
	return memos[0], nil
}

// LockedMemo loads a credit memo and locks it until the transaction ends; nil when there is none.
func LockedMemo(ctx context.Context, tx database.Transaction, id uuid.UUID) (*domain.Memo, error) {
	rows, err := New(tx).LockMemo(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("lock credit memo: %w", err)
	}
	memos, err := wholeMemos(ctx, tx, rows)
	if err != nil || len(memos) == 0 {
		return nil, err
	}
	return memos[0], nil
}

// MemoFilter says which credit memos to list. Empty fields do not restrict.
type MemoFilter struct {
	// Account ordered, BillTo is owed.
	Partner, Account, BillTo string
	Order, Return            uuid.UUID
}

// MemosBefore loads at most limit credit memos that are older than the given one, the newest first.
func MemosBefore(ctx context.Context, db DBTX, filter MemoFilter, before uuid.UUID, limit int) ([]*domain.Memo, error) {
	rows, err := New(db).ListMemos(ctx, ListMemosParams{
		PartnerID: filter.Partner, AccountID: filter.Account, BillTo: filter.BillTo, OrderID: filter.Order, ReturnID: filter.Return,
		Before: before, PageLimit: int32(limit),
	})
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	return wholeMemos(ctx, db, rows)
}

// MemoSums adds up the credit memos of a legal entity and a partner; empty: of all.
func MemoSums(ctx context.Context, db DBTX, legalEntity, partner string, byAccount bool) ([]Sum, error) {
	rows, err := New(db).SumMemos(ctx, SumMemosParams{LegalEntity: legalEntity, PartnerID: partner, ByAccount: byAccount})
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	sums := make([]Sum, 0, len(rows))
	for _, row := range rows {
		sums = append(sums, Sum{
			Account: row.AccountID, Currency: row.CurrencyCode, State: domain.State(row.State), Documents: row.Memos,
			Lines: row.Lines, Net: row.Net, Tax: row.Tax,
		})
	}
	return sums, nil
}
