package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/waybill-dev/waybill/internal/database"
)

// ShipmentLineRow is a line of a shipment with its order.
type ShipmentLineRow struct {
	ID, OrderID string
	Line        int32
	Quantity    int64
	Unplanned   bool
}

// EachShipmentLine calls each with every line of every shipment. sqlc does not know the columns of a document.
func EachShipmentLine(ctx context.Context, db DBTX, each func(ShipmentLineRow)) error {
	rows, err := db.Query(ctx, `SELECT line->>'id', order_id, (line->>'line')::INT8, (line->>'quantity')::INT8,
			COALESCE((line->>'unplanned')::BOOL, false)
		FROM (SELECT order_id, jsonb_array_elements(lines) AS line FROM shipment) AS s`)
	if err != nil {
		return database.Fault(ctx, err)
	}
	var row ShipmentLineRow
	_, err = pgx.ForEachRow(rows, []any{&row.ID, &row.OrderID, &row.Line, &row.Quantity, &row.Unplanned}, func() error {
		each(row)
		return nil
	})
	return database.Fault(ctx, err)
}

// CountShorted counts the lines of goods of which something is short.
func CountShorted(ctx context.Context, db DBTX) (int64, error) {
	var count int64
	err := db.QueryRow(ctx, `SELECT count(*) FROM (SELECT jsonb_array_elements(lines) AS line FROM fulfillment) AS f
		WHERE COALESCE((line->>'shorted')::INT8, 0) > 0 AND NOT COALESCE((line->>'service')::BOOL, false)`).Scan(&count)
	return count, database.Fault(ctx, err)
}
