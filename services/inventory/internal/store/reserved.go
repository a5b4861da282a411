package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/waybill-dev/waybill/internal/database"
)

// Reserved is what remains promised to one order line in one place.
type Reserved struct {
	OrderID    string
	LineNumber int32
	NodeID     string
	Remaining  int64
}

// ReservedByOrderLine is what remains promised to each order line in each place; what is zero is left out, and so is what is
// held for quotes and carts.
func ReservedByOrderLine(ctx context.Context, db DBTX) ([]Reserved, error) {
	return remaining(ctx, db, `c.node_id <> ''`)
}

// WaitingByOrderLine is what of each order line waits for stock, in no place.
func WaitingByOrderLine(ctx context.Context, db DBTX) ([]Reserved, error) {
	return remaining(ctx, db, `c.node_id = ''`)
}

func remaining(ctx context.Context, db DBTX, where string) ([]Reserved, error) {
	rows, err := db.Query(ctx, `
SELECT r.order_id, c.line_number, c.node_id, sum(c.remaining)::int8
FROM claim AS c JOIN reservation AS r ON r.id = c.reservation_id
WHERE c.remaining > 0 AND r.state <> 'SOFT' AND `+where+`
GROUP BY r.order_id, c.line_number, c.node_id`)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	reserved, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Reserved])
	return reserved, database.Fault(ctx, err)
}
