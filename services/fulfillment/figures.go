package fulfillment

import (
	"context"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/reconcile"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/store"
)

// Figures are what this service says of its shipments, for comparison with what others made of them. What nobody asked for is left
// out: it is not invoiced until somebody decides.
func Figures() []reconcile.Figure {
	return []reconcile.Figure{
		// What left of each order line.
		{Name: "fulfillment.shipped", Read: func(ctx context.Context, db *database.DB, after string, limit int) (reconcile.Page, error) {
			return reconcile.PageOf(limit, func(limit int) ([]reconcile.Amount, error) {
				rows, err := store.PageShippedByOrder(ctx, db.Pool(), after, limit)
				amounts := make([]reconcile.Amount, 0, len(rows))
				for _, row := range rows {
					amounts = append(amounts, reconcile.Amount{
						Key: reconcile.Key{Subject: row.OrderID, Line: row.Line}, Quantity: row.Quantity, Order: row.OrderID,
					})
				}
				return amounts, err
			})
		}},
		// What left by each line of each shipment.
		{Name: "fulfillment.shipment_lines", Read: func(ctx context.Context, db *database.DB, after string, limit int) (reconcile.Page, error) {
			from, err := shipmentAfter(after)
			if err != nil {
				return reconcile.Page{}, err
			}
			return reconcile.PageOf(limit, func(limit int) ([]reconcile.Amount, error) {
				rows, err := store.PageShipmentLines(ctx, db.Pool(), from, limit)
				amounts := make([]reconcile.Amount, 0, len(rows))
				for _, row := range rows {
					amounts = append(amounts, reconcile.Amount{
						Key:      reconcile.Key{Subject: id.Format(id.Shipment, row.Shipment), Line: row.Line, Part: row.ID},
						Quantity: row.Quantity, Order: row.OrderID,
					})
				}
				return amounts, err
			})
		}},
	}
}

func shipmentAfter(name string) (uuid.UUID, error) {
	if name == "" {
		return uuid.Nil, nil
	}
	return id.Parse(id.Shipment, name)
}

// CountShorted counts the lines of goods that a warehouse could not find in full.
func CountShorted(ctx context.Context, db *database.DB) (int64, error) {
	return store.CountShorted(ctx, db.Pool())
}
