package inventory

import (
	"context"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// ReservedKey names an order line in a place.
type ReservedKey struct {
	OrderID    string
	LineNumber int32
	NodeID     string
}

// ReservedByOrderLine is what remains promised to each order line in each place, for comparison with what the orders say
// of themselves (L4). Lines with nothing remaining are left out.
func ReservedByOrderLine(ctx context.Context, db *database.DB) (map[ReservedKey]int64, error) {
	rows, err := store.ReservedByOrderLine(ctx, db.Pool())
	if err != nil {
		return nil, err
	}
	reserved := make(map[ReservedKey]int64, len(rows))
	for _, row := range rows {
		reserved[ReservedKey{OrderID: row.OrderID, LineNumber: row.LineNumber, NodeID: row.NodeID}] = row.Remaining
	}
	return reserved, nil
}

// WaitingByOrderLine is what of each order line waits for stock; the key's place is empty.
func WaitingByOrderLine(ctx context.Context, db *database.DB) (map[ReservedKey]int64, error) {
	rows, err := store.WaitingByOrderLine(ctx, db.Pool())
	if err != nil {
		return nil, err
	}
	waiting := make(map[ReservedKey]int64, len(rows))
	for _, row := range rows {
		waiting[ReservedKey{OrderID: row.OrderID, LineNumber: row.LineNumber}] = row.Remaining
	}
	return waiting, nil
}
