package inventory

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/waybill-dev/waybill/internal/database"
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
	rows, err := db.Pool().Query(ctx, `
SELECT r.order_id, c.line_number, c.node_id, sum(c.remaining)::int8
FROM claim AS c JOIN reservation AS r ON r.id = c.reservation_id
WHERE c.node_id <> '' AND c.remaining > 0
GROUP BY r.order_id, c.line_number, c.node_id`)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	reserved := map[ReservedKey]int64{}
	var key ReservedKey
	var remaining int64
	_, err = pgx.ForEachRow(rows, []any{&key.OrderID, &key.LineNumber, &key.NodeID, &remaining}, func() error {
		reserved[key] = remaining
		return nil
	})
	return reserved, database.Fault(ctx, err)
}
