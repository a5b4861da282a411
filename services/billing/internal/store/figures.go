package store

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/waybill-dev/waybill/internal/database"
)

// LineAmount is what of a line of an order is invoiced for a shipment.
type LineAmount struct {
	Shipment, Order uuid.UUID
	Line            int32
	ShipmentLine    string
	Quantity        int64
}

// PageInvoicedShipments gives the invoice lines of the shipments after one, in the order of the shipments. Invoices that wait for
// their tax count.
func PageInvoicedShipments(ctx context.Context, db DBTX, after uuid.UUID, limit int) ([]LineAmount, error) {
	return collect[LineAmount](ctx, db, `
SELECT invoice.shipment_id, invoice.order_id, line.line_number, line.shipment_line_id, line.quantity
FROM invoice JOIN invoice_line AS line ON line.invoice_id = invoice.invoice_id
WHERE invoice.shipment_id > $1 ORDER BY invoice.shipment_id LIMIT $2`, after, limit)
}

// PageIssuedLines gives the lines of issued invoices of the orders after one, in the order of the orders.
func PageIssuedLines(ctx context.Context, db DBTX, after uuid.UUID, limit int) ([]LineAmount, error) {
	return collect[LineAmount](ctx, db, `
SELECT invoice.shipment_id, invoice.order_id, line.line_number, line.shipment_line_id, line.quantity
FROM invoice JOIN invoice_line AS line ON line.invoice_id = invoice.invoice_id
WHERE invoice.state = 'ISSUED' AND invoice.order_id > $1 ORDER BY invoice.order_id LIMIT $2`, after, limit)
}

// SnapshotHash is the hash of the priced order from which billing invoices.
type SnapshotHash struct {
	Order uuid.UUID
	Hash  []byte
}

// PageSnapshotHashes gives the hashes of the orders after one.
func PageSnapshotHashes(ctx context.Context, db DBTX, after uuid.UUID, limit int) ([]SnapshotHash, error) {
	return collect[SnapshotHash](ctx, db,
		`SELECT order_id, snapshot_hash FROM order_snapshot WHERE order_id > $1 ORDER BY order_id LIMIT $2`, after, limit)
}

// Backlog is what of the lines of an order waits for stock, by line number.
type Backlog struct {
	Order uuid.UUID
	Waits map[int32]int64
}

// PageBacklogs gives those of the orders after one, of accounts that weigh what waits less than in full: billing follows it for no
// others.
func PageBacklogs(ctx context.Context, db DBTX, after uuid.UUID, limit int) ([]Backlog, error) {
	type row struct {
		Order uuid.UUID
		Lines string
	}
	rows, err := collect[row](ctx, db, `
SELECT snapshot.order_id, COALESCE(progress.lines::text, '[]')
FROM order_snapshot AS snapshot
JOIN credit_claim AS claim ON claim.claim_key = snapshot.claim_key AND claim.active
LEFT JOIN order_progress AS progress ON progress.order_id = snapshot.order_id
WHERE snapshot.backorder_weight_bp < 10000 AND snapshot.order_id > $1 ORDER BY snapshot.order_id LIMIT $2`, after, limit)
	if err != nil {
		return nil, err
	}
	backlogs := make([]Backlog, 0, len(rows))
	for _, one := range rows {
		progress, err := decodeProgress([]byte(one.Lines))
		if err != nil {
			return nil, err
		}
		waits := map[int32]int64{}
		for number, line := range progress {
			waits[number] = line.Backordered
		}
		backlogs = append(backlogs, Backlog{one.Order, waits})
	}
	return backlogs, nil
}

// OrderAmount is a sum of money of an order or of a document.
type OrderAmount struct {
	ID, Order uuid.UUID
	Amount    int64
}

// PageStandingIntents gives what providers have reserved and is neither captured nor to be given up, in the order of the orders
// after one.
func PageStandingIntents(ctx context.Context, db DBTX, after uuid.UUID, limit int) ([]OrderAmount, error) {
	return collect[OrderAmount](ctx, db, `
SELECT intent_id, order_id, amount_minor - captured_minor - voided_minor FROM payment_intent
WHERE state = 'AUTHORIZED' AND NOT void_requested AND order_id > $1 ORDER BY order_id LIMIT $2`, after, limit)
}

// PagePendingIntents gives the payments about which a provider is to be asked something, in the order of the orders after one.
func PagePendingIntents(ctx context.Context, db DBTX, after uuid.UUID, limit int) ([]OrderAmount, error) {
	return collect[OrderAmount](ctx, db, `
SELECT intent.intent_id, intent.order_id, 1::int8
FROM payment_intent_pending AS pending JOIN payment_intent AS intent ON intent.intent_id = pending.intent_id
WHERE intent.order_id > $1 ORDER BY intent.order_id LIMIT $2`, after, limit)
}

// PageIssuedInvoices gives the totals of the issued invoices after one.
func PageIssuedInvoices(ctx context.Context, db DBTX, after uuid.UUID, limit int) ([]OrderAmount, error) {
	return collect[OrderAmount](ctx, db, `SELECT invoice_id, order_id, net_minor + tax_minor FROM invoice
WHERE state = 'ISSUED' AND invoice_id > $1 ORDER BY invoice_id LIMIT $2`, after, limit)
}

// PageIssuedMemos gives the totals of the issued credit memos after one.
func PageIssuedMemos(ctx context.Context, db DBTX, after uuid.UUID, limit int) ([]OrderAmount, error) {
	return collect[OrderAmount](ctx, db, `SELECT credit_memo_id, order_id, net_minor - fee_minor + tax_minor FROM credit_memo
WHERE state = 'ISSUED' AND credit_memo_id > $1 ORDER BY credit_memo_id LIMIT $2`, after, limit)
}

// WriteOffAmount is what was given up by a write-off. Told: who keeps a copy of our books was told of it.
type WriteOffAmount struct {
	Journal, Order uuid.UUID
	Amount         int64
	Told           bool
}

// PageWriteOffs gives the write-offs after that of a journal.
func PageWriteOffs(ctx context.Context, db DBTX, after uuid.UUID, limit int) ([]WriteOffAmount, error) {
	return collect[WriteOffAmount](ctx, db, `SELECT w.journal_id, i.order_id, w.amount_minor, w.told
FROM write_off AS w JOIN invoice AS i ON i.invoice_id = w.invoice_id
WHERE w.journal_id > $1 ORDER BY w.journal_id LIMIT $2`, after, limit)
}

func collect[T any](ctx context.Context, db DBTX, sql string, args ...any) ([]T, error) {
	rows, err := db.Query(ctx, sql, args...)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[T])
	return found, database.Fault(ctx, err)
}
