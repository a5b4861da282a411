package store

import (
	"context"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/money"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
)

// ClaimedOrder is an order with what its claim weighs.
type ClaimedOrder struct {
	Snapshot []byte
	domain.Weighing
	Progress domain.Progress
	Open     money.Minor
}

// EachClaimedOrder goes over all orders that have a claim, in one statement.
func EachClaimedOrder(ctx context.Context, db DBTX, visit func(ClaimedOrder) error) error {
	rows, err := db.Query(ctx, `
SELECT snapshot.snapshot, snapshot.tax_rate, snapshot.backorder_weight_bp, COALESCE(progress.lines::text, '[]'), claim.open_minor
FROM order_snapshot AS snapshot
JOIN credit_claim AS claim ON claim.claim_key = snapshot.claim_key AND claim.active
LEFT JOIN order_progress AS progress ON progress.order_id = snapshot.order_id`)
	if err != nil {
		return database.Fault(ctx, err)
	}
	defer rows.Close()
	for rows.Next() {
		var taxRate, backordered int64
		var progress string
		order := ClaimedOrder{}
		if err := rows.Scan(&order.Snapshot, &taxRate, &backordered, &progress, &order.Open); err != nil {
			return err
		}
		order.Weighing = toWeighing(taxRate, backordered)
		if order.Progress, err = decodeProgress([]byte(progress)); err != nil {
			return err
		}
		if err := visit(order); err != nil {
			return err
		}
	}
	return database.Fault(ctx, rows.Err())
}
