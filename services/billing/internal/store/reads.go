package store

import (
	"context"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
)

// InvoiceByID loads an invoice with its lines; nil when there is none.
func InvoiceByID(ctx context.Context, db DBTX, id uuid.UUID) (*domain.Invoice, error) {
	rows, err := New(db).FindInvoices(ctx, []uuid.UUID{id})
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	invoices, err := whole(ctx, db, rows)
	if err != nil || len(invoices) == 0 {
		return nil, err
	}
	return invoices[0], nil
}

// InvoiceFilter says which invoices to list. Empty fields do not restrict.
type InvoiceFilter struct {
	// Account ordered, BillTo owes.
	Partner, Account, BillTo string
	Order                    uuid.UUID
}

// InvoicesBefore loads at most limit invoices that are older than the given one, the newest first.
func InvoicesBefore(ctx context.Context, db DBTX, filter InvoiceFilter, before uuid.UUID, limit int) ([]*domain.Invoice, error) {
	q := New(db)
	var rows []Invoice
	var err error
	switch page := int32(limit); {
	case filter.Order != uuid.Nil:
		rows, err = q.ListOrderInvoices(ctx, ListOrderInvoicesParams{
			OrderID: filter.Order, PartnerID: filter.Partner, AccountID: filter.Account, BillTo: filter.BillTo,
			Before: before, PageLimit: page,
		})
	case filter.BillTo != "":
		rows, err = q.ListAccountInvoices(ctx, ListAccountInvoicesParams{
			AccountID: filter.BillTo, PartnerID: filter.Partner, SoldTo: filter.Account, Before: before, PageLimit: page,
		})
	case filter.Account != "":
		rows, err = q.ListSoldToInvoices(ctx, ListSoldToInvoicesParams{
			SoldTo: filter.Account, PartnerID: filter.Partner, Before: before, PageLimit: page,
		})
	case filter.Partner != "":
		rows, err = q.ListPartnerInvoices(ctx, ListPartnerInvoicesParams{
			PartnerID: filter.Partner, Before: before, PageLimit: page,
		})
	default:
		rows, err = q.ListInvoices(ctx, ListInvoicesParams{Before: before, PageLimit: page})
	}
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	return whole(ctx, db, rows)
}

// whole loads what stands beside the heads: lines, taxes, and why some still wait.
func whole(ctx context.Context, db DBTX, rows []Invoice) ([]*domain.Invoice, error) {
	invoices := make([]*domain.Invoice, 0, len(rows))
	waiting := map[uuid.UUID]*domain.Invoice{}
	var shards []int64
	var ids []uuid.UUID
	for _, row := range rows {
		invoice := toInvoice(row)
		invoices = append(invoices, invoice)
		if invoice.State == domain.TaxPending {
			waiting[invoice.ID] = invoice
			shards = append(shards, int64(shard.OfUUID(invoice.ID)))
			ids = append(ids, invoice.ID)
		}
	}
	if len(invoices) == 0 {
		return nil, nil
	}
	if len(waiting) > 0 {
		pending, err := New(db).FindPending(ctx, FindPendingParams{Shards: shards, InvoiceIds: ids})
		if err != nil {
			return nil, database.Fault(ctx, err)
		}
		for _, row := range pending {
			waiting[row.InvoiceID].Deferred, waiting[row.InvoiceID].Attempts = row.Reason, row.Attempts
		}
	}
	return invoices, FillLines(ctx, db, invoices)
}

// Sum adds up the invoices, or the credit memos, of one currency in one state, and of one account where that was asked for.
type Sum struct {
	Account, Currency          string
	State                      domain.State
	Documents, Lines, Net, Tax int64
}

// Sums adds up the invoices of a legal entity and a partner; empty: of all.
func Sums(ctx context.Context, db DBTX, legalEntity, partner string, byAccount bool) ([]Sum, error) {
	rows, err := New(db).SumInvoices(ctx, SumInvoicesParams{LegalEntity: legalEntity, PartnerID: partner, ByAccount: byAccount})
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	sums := make([]Sum, 0, len(rows))
	for _, row := range rows {
		sums = append(sums, Sum{
			Account: row.AccountID, Currency: row.CurrencyCode, State: domain.State(row.State), Documents: row.Invoices,
			Lines: row.Lines, Net: row.Net, Tax: row.Tax,
		})
	}
	return sums, nil
}
