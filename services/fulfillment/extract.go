package fulfillment

import (
	"context"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/store"
)

// ShippedLine is a line of a shipment, to be compared with what others made of it.
type ShippedLine struct {
	OrderID    string
	LineNumber int32
	Quantity   int64
	// Unplanned: more than was asked for, and not to be invoiced.
	Unplanned bool
}

// ShippedLines are all shipment lines by their ids.
func ShippedLines(ctx context.Context, db *database.DB) (map[string]ShippedLine, error) {
	lines := make(map[string]ShippedLine)
	err := store.EachShipmentLine(ctx, db.Pool(), func(line store.ShipmentLineRow) {
		lines[line.ID] = ShippedLine{
			OrderID: line.OrderID, LineNumber: line.Line, Quantity: line.Quantity, Unplanned: line.Unplanned,
		}
	})
	return lines, err
}

// CountShorted counts the lines of goods that a warehouse could not find in full.
func CountShorted(ctx context.Context, db *database.DB) (int64, error) {
	return store.CountShorted(ctx, db.Pool())
}
