package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/waybill-dev/waybill/internal/database"
)

// Awaited is a shipment whose invoice is to be issued.
type Awaited struct {
	Shipment, Order, Node string
	ShippedAt             time.Time
}

// AwaitInvoices notes shipments that are to be invoiced.
func AwaitInvoices(ctx context.Context, tx database.Transaction, shipments []Awaited) error {
	if len(shipments) == 0 {
		return nil
	}
	var p AwaitInvoicesParams
	for _, s := range shipments {
		p.ShipmentIds, p.OrderIds = append(p.ShipmentIds, s.Shipment), append(p.OrderIds, s.Order)
		p.NodeIds, p.ShippedAts = append(p.NodeIds, s.Node), append(p.ShippedAts, s.ShippedAt)
	}
	if err := New(tx).AwaitInvoices(ctx, p); err != nil {
		return fmt.Errorf("await invoices: %w", err)
	}
	return nil
}

// InvoicesIssued notes that the invoices of shipments are issued, whether the shipments are known yet or not.
func InvoicesIssued(ctx context.Context, tx database.Transaction, shipments []Awaited) error {
	if len(shipments) == 0 {
		return nil
	}
	var p InvoicesIssuedParams
	for _, s := range shipments {
		p.ShipmentIds, p.OrderIds = append(p.ShipmentIds, s.Shipment), append(p.OrderIds, s.Order)
	}
	if err := New(tx).InvoicesIssued(ctx, p); err != nil {
		return fmt.Errorf("invoices issued: %w", err)
	}
	return nil
}

// TakeOverdueInvoices gives at most limit shipments that left before a moment, are not invoiced, and were not given before.
func TakeOverdueInvoices(ctx context.Context, tx database.Transaction, before time.Time, limit int) ([]Awaited, error) {
	queries := New(tx)
	rows, err := queries.LockOverdueInvoices(ctx, LockOverdueInvoicesParams{
		Before: pgtype.Timestamptz{Time: before, Valid: true}, PageLimit: int32(limit),
	})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	late, ids := make([]Awaited, 0, len(rows)), make([]string, 0, len(rows))
	for _, row := range rows {
		ids = append(ids, row.ShipmentID)
		late = append(late, Awaited{Shipment: row.ShipmentID, Order: row.OrderID, Node: row.NodeID, ShippedAt: row.ShippedAt.Time})
	}
	if err := queries.InvoicesTold(ctx, ids); err != nil {
		return nil, fmt.Errorf("invoices told: %w", err)
	}
	return late, nil
}
