package inventory

import (
	"context"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/reconcile"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// Figures are what this service says of its promises, for comparison with what the orders say of themselves (L4). What is held for
// quotes and carts is nobody's order yet, and is left out.
func Figures() []reconcile.Figure {
	return []reconcile.Figure{
		// What remains promised to each order line in each place.
		remaining("inventory.reserved", false),
		// What of each order line waits for stock.
		remaining("inventory.waiting", true),
	}
}

func remaining(name string, waiting bool) reconcile.Figure {
	return reconcile.Figure{Name: name, Read: func(ctx context.Context, db *database.DB, after string, limit int) (reconcile.Page, error) {
		return reconcile.PageOf(limit, func(limit int) ([]reconcile.Amount, error) {
			rows, err := store.PageRemaining(ctx, db.Pool(), waiting, after, limit)
			amounts := make([]reconcile.Amount, 0, len(rows))
			for _, row := range rows {
				amounts = append(amounts, reconcile.Amount{
					Key:      reconcile.Key{Subject: row.OrderID, Line: row.LineNumber, Node: row.NodeID},
					Quantity: row.Remaining, Order: row.OrderID, SKU: row.SKU,
				})
			}
			return amounts, err
		})
	}}
}
