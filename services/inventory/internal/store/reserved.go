package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/waybill-dev/waybill/internal/database"
)

// Reserved is what remains promised to one order line in one place, or waits in none, by one reservation.
type Reserved struct {
	OrderID    string
	LineNumber int32
	NodeID     string
	SKU        string
	Remaining  int64
}

// PageRemaining is what remains promised to the lines of the orders after one, in the order of the orders: in places, or of what
// waits. What is held for quotes and carts is left out.
func PageRemaining(ctx context.Context, db DBTX, waiting bool, after string, limit int) ([]Reserved, error) {
	rows, err := db.Query(ctx, `
SELECT r.order_id, c.line_number, c.node_id, c.sku, c.remaining
FROM reservation AS r JOIN claim AS c ON c.reservation_id = r.id
WHERE r.order_id > $1 AND c.remaining > 0 AND r.state <> 'SOFT' AND (c.node_id = '') = $2
ORDER BY r.order_id LIMIT $3`, after, waiting, limit)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	reserved, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Reserved])
	return reserved, database.Fault(ctx, err)
}
