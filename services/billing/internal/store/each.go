package store

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"

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

// EachInvoicedOrder goes over all orders of which something is invoiced, in one statement.
func EachInvoicedOrder(ctx context.Context, db DBTX, visit func(InvoicedOrder) error) error {
	rows, err := db.Query(ctx, `
SELECT lines.order_id, lines.line_number, lines.quantity, lines.net, snapshot.snapshot, COALESCE(progress.lines::text, '[]')
FROM (SELECT invoice.order_id, line.line_number, sum(line.quantity)::int8 AS quantity, sum(line.net_minor)::int8 AS net
      FROM invoice JOIN invoice_line AS line ON line.invoice_id = invoice.invoice_id
      GROUP BY invoice.order_id, line.line_number) AS lines
JOIN order_snapshot AS snapshot ON snapshot.order_id = lines.order_id
LEFT JOIN order_progress AS progress ON progress.order_id = lines.order_id
ORDER BY lines.order_id, lines.line_number`)
	if err != nil {
		return database.Fault(ctx, err)
	}
	defer rows.Close()
	var current uuid.UUID
	var order InvoicedOrder
	for rows.Next() {
		var id uuid.UUID
		var number int64
		var line domain.LineProgress
		var snapshot []byte
		var progress string
		if err := rows.Scan(&id, &number, &line.Shipped, &line.Net, &snapshot, &progress); err != nil {
			return err
		}
		if id != current {
			if current != uuid.Nil {
				if err := visit(order); err != nil {
					return err
				}
			}
			current, order = id, InvoicedOrder{Snapshot: snapshot, Lines: domain.Progress{}}
			if order.Progress, err = decodeProgress([]byte(progress)); err != nil {
				return err
			}
		}
		order.Lines[int32(number)] = line
	}
	if err := rows.Err(); err != nil {
		return database.Fault(ctx, err)
	}
	if current == uuid.Nil {
		return nil
	}
	return visit(order)
}

// InvoicedShipmentLine is what of a shipment line is invoiced.
type InvoicedShipmentLine struct {
	ShipmentLine string
	Order        uuid.UUID
	Line         int32
	Quantity     int64
}

// EachInvoiceLine goes over all invoice lines, in one statement.
func EachInvoiceLine(ctx context.Context, db DBTX, visit func(InvoicedShipmentLine)) error {
	rows, err := db.Query(ctx, `
SELECT line.shipment_line_id, invoice.order_id, line.line_number, line.quantity
FROM invoice_line AS line JOIN invoice ON invoice.invoice_id = line.invoice_id`)
	if err != nil {
		return database.Fault(ctx, err)
	}
	defer rows.Close()
	for rows.Next() {
		var line InvoicedShipmentLine
		if err := rows.Scan(&line.ShipmentLine, &line.Order, &line.Line, &line.Quantity); err != nil {
			return err
		}
		visit(line)
	}
	return database.Fault(ctx, rows.Err())
}

// EachSnapshotHash goes over the hashes of all snapshots, in one statement.
func EachSnapshotHash(ctx context.Context, db DBTX, visit func(order uuid.UUID, hash []byte)) error {
	rows, err := db.Query(ctx, `SELECT order_id, snapshot_hash FROM order_snapshot`)
	if err != nil {
		return database.Fault(ctx, err)
	}
	defer rows.Close()
	for rows.Next() {
		var order uuid.UUID
		var hash []byte
		if err := rows.Scan(&order, &hash); err != nil {
			return err
		}
		visit(order, hash)
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
}

// EachChargedOrder goes over all orders of whose charges something is invoiced, in one statement.
func EachChargedOrder(ctx context.Context, db DBTX, visit func(ChargedOrder) error) error {
	rows, err := db.Query(ctx, `
SELECT progress.order_id, snapshot.snapshot, progress.lines::text, progress.charges::text, COALESCE(invoiced.charge, 0),
       COALESCE(invoiced.net, 0)::int8
FROM order_progress AS progress JOIN order_snapshot AS snapshot ON snapshot.order_id = progress.order_id
LEFT JOIN (SELECT invoice.order_id, charge.charge, sum(charge.net_minor) AS net
           FROM invoice JOIN invoice_charge AS charge ON charge.invoice_id = invoice.invoice_id
           GROUP BY invoice.order_id, charge.charge) AS invoiced ON invoiced.order_id = progress.order_id
WHERE progress.charges <> '[]'::jsonb OR invoiced.order_id IS NOT NULL
ORDER BY progress.order_id`)
	if err != nil {
		return database.Fault(ctx, err)
	}
	defer rows.Close()
	var current uuid.UUID
	var order ChargedOrder
	for rows.Next() {
		var id uuid.UUID
		var snapshot []byte
		var progress, kept string
		var charge, net int64
		if err := rows.Scan(&id, &snapshot, &progress, &kept, &charge, &net); err != nil {
			return err
		}
		if id != current {
			if current != uuid.Nil {
				if err := visit(order); err != nil {
					return err
				}
			}
			current, order = id, ChargedOrder{Snapshot: snapshot, Invoiced: map[int]money.Minor{}}
			if order.Progress, err = decodeProgress([]byte(progress)); err != nil {
				return err
			}
			if err := json.Unmarshal([]byte(kept), &order.Kept); err != nil {
				return err
			}
		}
		order.Invoiced[int(charge)] += net
	}
	if err := rows.Err(); err != nil || current == uuid.Nil {
		return database.Fault(ctx, err)
	}
	return visit(order)
}
