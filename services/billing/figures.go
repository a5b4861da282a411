package billing

import (
	"context"
	"encoding/hex"
	"strconv"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/reconcile"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// Figures are what this service says of orders, shipments and documents, for comparison with what others say.
func Figures() []reconcile.Figure {
	return []reconcile.Figure{
		// What is invoiced of each shipment line. Invoices that wait for their tax count.
		amounts("billing.shipment_lines", id.Shipment, store.PageInvoicedShipments, func(row store.LineAmount) reconcile.Amount {
			return reconcile.Amount{Key: reconcile.Key{
				Subject: id.Format(id.Shipment, row.Shipment), Line: row.Line, Part: row.ShipmentLine,
			}, Quantity: row.Quantity, Order: id.Format(id.Order, row.Order)}
		}),
		// What of each order line issued invoices say.
		amounts("billing.invoiced", id.Order, store.PageIssuedLines, func(row store.LineAmount) reconcile.Amount {
			return reconcile.Amount{Key: reconcile.Key{Subject: id.Format(id.Order, row.Order), Line: row.Line}, Quantity: row.Quantity}
		}),
		{Name: "billing.snapshot", Read: readSnapshots},
		{Name: "billing.backlog", Read: readBacklogs(true)},
		{Name: "billing.backlog_followed", Read: readBacklogs(false)},
		// What payment providers have reserved for an order and is neither captured nor to be given up.
		amounts("billing.standing", id.Order, store.PageStandingIntents, byOrder),
		// The orders about whose payments a provider is to be asked something.
		amounts("billing.asking_providers", id.Order, store.PagePendingIntents, byOrder),
		amounts("billing.invoices", id.Invoice, store.PageIssuedInvoices, byDocument(id.Invoice)),
		amounts("billing.credit_memos", id.CreditMemo, store.PageIssuedMemos, byDocument(id.CreditMemo)),
		{Name: "billing.write_offs", Read: readWriteOffs},
	}
}

func byOrder(row store.OrderAmount) reconcile.Amount {
	return reconcile.Amount{Key: reconcile.Key{Subject: id.Format(id.Order, row.Order)}, Quantity: row.Amount}
}

// byDocument names a document with its total in minor units.
func byDocument(prefix string) func(store.OrderAmount) reconcile.Amount {
	return func(row store.OrderAmount) reconcile.Amount {
		amount := reconcile.Amount{Key: reconcile.Key{Subject: id.Format(prefix, row.ID)}, Quantity: row.Amount}
		if row.Order != uuid.Nil {
			amount.Order = id.Format(id.Order, row.Order)
		}
		return amount
	}
}

// amounts makes a figure out of a statement whose rows are in the order of their subjects.
func amounts[R any](
	name, prefix string, page func(context.Context, store.DBTX, uuid.UUID, int) ([]R, error), of func(R) reconcile.Amount,
) reconcile.Figure {
	return reconcile.Figure{Name: name, Read: func(ctx context.Context, db *database.DB, after string, limit int) (reconcile.Page, error) {
		from, err := idAfter(prefix, after)
		if err != nil {
			return reconcile.Page{}, err
		}
		return reconcile.PageOf(limit, func(limit int) ([]reconcile.Amount, error) {
			rows, err := page(ctx, db.Pool(), from, limit)
			return convertAll(rows, of), err
		})
	}}
}

// readSnapshots gives the hashes of the priced orders from which billing invoices.
func readSnapshots(ctx context.Context, db *database.DB, after string, limit int) (reconcile.Page, error) {
	from, err := idAfter(id.Order, after)
	if err != nil {
		return reconcile.Page{}, err
	}
	rows, err := store.PageSnapshotHashes(ctx, db.Pool(), from, limit)
	read := reconcile.Page{}
	for _, row := range rows {
		read.Entries = append(read.Entries, reconcile.Entry{
			Key: reconcile.Key{Subject: id.Format(id.Order, row.Order)}, Value: hex.EncodeToString(row.Hash),
		})
	}
	if len(rows) == limit {
		read.Next = id.Format(id.Order, rows[len(rows)-1].Order)
	}
	return read, err
}

// readWriteOffs gives what was given up, by the journals that post it. What the ERP has of those that were not told, nobody knows.
func readWriteOffs(ctx context.Context, db *database.DB, after string, limit int) (reconcile.Page, error) {
	from, err := idAfter(id.Journal, after)
	if err != nil {
		return reconcile.Page{}, err
	}
	rows, err := store.PageWriteOffs(ctx, db.Pool(), from, limit)
	read := reconcile.Page{}
	for _, row := range rows {
		entry := reconcile.Entry{
			Key: reconcile.Key{Subject: id.Format(id.Journal, row.Journal)}, Value: reconcile.Unknown, Order: id.Format(id.Order, row.Order),
		}
		if row.Told {
			entry.Value = strconv.FormatInt(row.Amount, 10)
		}
		read.Entries = append(read.Entries, entry)
	}
	if len(rows) == limit {
		read.Next = id.Format(id.Journal, rows[len(rows)-1].Journal)
	}
	return read, err
}

// readBacklogs gives what of the lines of orders waits for stock as far as billing follows it, or the orders of which it does.
func readBacklogs(lines bool) func(context.Context, *database.DB, string, int) (reconcile.Page, error) {
	return func(ctx context.Context, db *database.DB, after string, limit int) (reconcile.Page, error) {
		from, err := idAfter(id.Order, after)
		if err != nil {
			return reconcile.Page{}, err
		}
		rows, err := store.PageBacklogs(ctx, db.Pool(), from, limit)
		read := reconcile.Page{}
		for _, row := range rows {
			order := id.Format(id.Order, row.Order)
			waits := map[reconcile.Key]int64{{Subject: order}: 1}
			if lines {
				delete(waits, reconcile.Key{Subject: order})
				for number, quantity := range row.Waits {
					waits[reconcile.Key{Subject: order, Line: number}] = quantity
				}
			}
			read.Entries = append(read.Entries, reconcile.Quantities(waits)...)
		}
		if len(rows) == limit {
			read.Next = id.Format(id.Order, rows[len(rows)-1].Order)
		}
		return read, err
	}
}

func idAfter(prefix, after string) (uuid.UUID, error) {
	if after == "" {
		return uuid.Nil, nil
	}
	return id.Parse(prefix, after)
}
