package store

import (
	"context"
	"encoding/json"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/money"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
)

// InvoicedOrder is an order with what of its lines is invoiced, by the invoices and by its progress.
type InvoicedOrder struct {
	Snapshot []byte
	// Lines is summed over the invoices, Progress is what the order's row says.
	Lines, Progress domain.Progress
}

// EachInvoicedOrder goes over all orders of which something is invoiced, or should be by their progress, in one statement.
// An order is one row, however many lines it has: its snapshot is large.
func EachInvoicedOrder(ctx context.Context, db DBTX, visit func(InvoicedOrder) error) error {
	rows, err := db.Query(ctx, `
SELECT lines.numbers, lines.quantities, lines.nets, snapshot.snapshot, COALESCE(progress.lines::text, '[]')
FROM order_snapshot AS snapshot
LEFT JOIN (SELECT order_id, array_agg(line_number ORDER BY line_number) AS numbers,
                  array_agg(quantity ORDER BY line_number) AS quantities, array_agg(net ORDER BY line_number) AS nets
           FROM (SELECT invoice.order_id, line.line_number, sum(line.quantity)::int8 AS quantity, sum(line.net_minor)::int8 AS net
                 FROM invoice JOIN invoice_line AS line ON line.invoice_id = invoice.invoice_id
                 GROUP BY invoice.order_id, line.line_number) AS summed
           GROUP BY order_id) AS lines ON lines.order_id = snapshot.order_id
LEFT JOIN order_progress AS progress ON progress.order_id = snapshot.order_id
WHERE lines.order_id IS NOT NULL OR progress.order_id IS NOT NULL`)
	if err != nil {
		return database.Fault(ctx, err)
	}
	defer rows.Close()
	for rows.Next() {
		var numbers, quantities, nets []int64
		var progress string
		order := InvoicedOrder{}
		if err := rows.Scan(&numbers, &quantities, &nets, &order.Snapshot, &progress); err != nil {
			return err
		}
		order.Lines = make(domain.Progress, len(numbers))
		for i, number := range numbers {
			order.Lines[int32(number)] = domain.LineProgress{Shipped: quantities[i], Net: nets[i]}
		}
		if order.Progress, err = decodeProgress([]byte(progress)); err != nil {
			return err
		}
		if err := visit(order); err != nil {
			return err
		}
	}
	return database.Fault(ctx, rows.Err())
}

// ChargedOrder is an order with what of its charges is invoiced, by the invoices and by its progress.
type ChargedOrder struct {
	Snapshot []byte
	Progress domain.Progress
	// Invoiced is summed over the invoices by charge, Kept is what the order's row says.
	Invoiced map[int]money.Minor
	Kept     []money.Minor
	// Amended: a claim has replaced its prices once, perhaps undone since.
	Amended bool
}

// EachChargedOrder goes over all orders of whose charges something is invoiced, or should be by their progress, in one
// statement. An order is one row.
func EachChargedOrder(ctx context.Context, db DBTX, visit func(ChargedOrder) error) error {
	rows, err := db.Query(ctx, `
SELECT invoiced.charges, invoiced.nets, snapshot.snapshot, progress.lines::text, progress.charges::text, amended.order_id IS NOT NULL
FROM order_progress AS progress JOIN order_snapshot AS snapshot ON snapshot.order_id = progress.order_id
LEFT JOIN (SELECT order_id, array_agg(charge ORDER BY charge) AS charges, array_agg(net ORDER BY charge) AS nets
           FROM (SELECT invoice.order_id, charge.charge, sum(charge.net_minor)::int8 AS net
                 FROM invoice JOIN invoice_charge AS charge ON charge.invoice_id = invoice.invoice_id
                 GROUP BY invoice.order_id, charge.charge) AS summed
           GROUP BY order_id) AS invoiced ON invoiced.order_id = progress.order_id
LEFT JOIN (SELECT DISTINCT order_id FROM order_snapshot_before) AS amended ON amended.order_id = progress.order_id
WHERE progress.charges <> '[]'::jsonb OR invoiced.order_id IS NOT NULL`)
	if err != nil {
		return database.Fault(ctx, err)
	}
	defer rows.Close()
	for rows.Next() {
		var charges, nets []int64
		var progress, kept string
		order := ChargedOrder{}
		if err := rows.Scan(&charges, &nets, &order.Snapshot, &progress, &kept, &order.Amended); err != nil {
			return err
		}
		order.Invoiced = make(map[int]money.Minor, len(charges))
		for i, charge := range charges {
			order.Invoiced[int(charge)] = nets[i]
		}
		if order.Progress, err = decodeProgress([]byte(progress)); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(kept), &order.Kept); err != nil {
			return err
		}
		if err := visit(order); err != nil {
			return err
		}
	}
	return database.Fault(ctx, rows.Err())
}
