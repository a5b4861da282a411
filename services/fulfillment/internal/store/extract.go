package store

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/waybill-dev/waybill/internal/database"
)

// ShipmentLineRow is a line of a shipment with its order.
type ShipmentLineRow struct {
	Shipment    uuid.UUID
	ID, OrderID string
	Line        int32
	Quantity    int64
}

// PageShippedByOrder gives the lines of shipments of the orders after one, in the order of the orders, without what nobody asked
// for. sqlc does not know the columns of a document.
func PageShippedByOrder(ctx context.Context, db DBTX, after string, limit int) ([]ShipmentLineRow, error) {
	return shipmentLines(ctx, db, `order_id > $1`, `order_id`, after, limit)
}

// PageShipmentLines gives the lines of the shipments after one, in the order of the shipments, without what nobody asked for.
func PageShipmentLines(ctx context.Context, db DBTX, after uuid.UUID, limit int) ([]ShipmentLineRow, error) {
	return shipmentLines(ctx, db, `shipment_id > $1`, `shipment_id`, after, limit)
}

func shipmentLines(ctx context.Context, db DBTX, where, order string, after any, limit int) ([]ShipmentLineRow, error) {
	rows, err := db.Query(ctx, `SELECT shipment_id, line->>'id', order_id, (line->>'line')::INT8, (line->>'quantity')::INT8
		FROM (SELECT shipment_id, order_id, jsonb_array_elements(lines) AS line FROM shipment WHERE `+where+`) AS s
		WHERE NOT COALESCE((line->>'unplanned')::BOOL, false) ORDER BY `+order+` LIMIT $2`, after, limit)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[ShipmentLineRow])
	return found, database.Fault(ctx, err)
}

// CountShorted counts the lines of goods of which something is short.
func CountShorted(ctx context.Context, db DBTX) (int64, error) {
	var count int64
	err := db.QueryRow(ctx, `SELECT count(*) FROM (SELECT jsonb_array_elements(lines) AS line FROM fulfillment) AS f
		WHERE COALESCE((line->>'shorted')::INT8, 0) > 0 AND NOT COALESCE((line->>'service')::BOOL, false)`).Scan(&count)
	return count, database.Fault(ctx, err)
}
