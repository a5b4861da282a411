package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
)

// LoadForRebuild loads balances, what the ledger and the promises say of them, and the promises that may have to be revoked.
func LoadForRebuild(
	ctx context.Context, tx database.Transaction, items Items, keys []domain.StockKey, now time.Time,
) (*domain.Shelf, []domain.Truth, error) {
	l, err := begin(ctx, tx, now)
	if err != nil {
		return nil, nil, err
	}
	if err := l.moving(items, keys); err != nil {
		return nil, nil, err
	}
	truths, err := l.truths(items, keys)
	if err != nil {
		return nil, nil, err
	}
	var short []domain.StockKey
	skus := make([]domain.SKU, len(keys))
	for i, truth := range truths {
		if skus[i] = truth.SKU; truth.Short() > 0 {
			short = append(short, truth.StockKey)
		}
	}
	if err := l.revocable(short); err != nil {
		return nil, nil, err
	}
	return l.shelf, truths, l.demand(sorted(skus))
}

// truths folds the ledger and sums up the promises, in the order of the keys. The balances are locked: nobody else moves them now.
func (l *loading) truths(items Items, keys []domain.StockKey) ([]domain.Truth, error) {
	truths, at := make([]domain.Truth, len(keys)), make(map[domain.StockKey]*domain.Truth, len(keys))
	for i, key := range keys {
		truths[i].StockKey = key
		at[key] = &truths[i]
	}
	skus, nodes := columns(keys)
	typed := make([]domain.SKU, len(keys))
	for i, key := range keys {
		typed[i] = key.SKU
	}
	tracked, err := items.LotTracked(l.ctx, l.db, sorted(typed))
	if err != nil {
		return nil, err
	}
	if err := l.folds(skus, nodes, func(lot domain.Lot) {
		truth := at[lot.StockKey]
		truth.OnHand, truth.QualityHold, truth.Damaged = truth.OnHand+lot.OnHand, truth.QualityHold+lot.QualityHold, truth.Damaged+lot.Damaged
		if tracked[lot.SKU] {
			truth.Lots = append(truth.Lots, lot)
		}
	}); err != nil {
		return nil, err
	}
	return truths, l.promises(skus, nodes, func(key domain.StockKey, reserved, picked int64) {
		at[key].Reserved, at[key].Picked = reserved, picked
	})
}

// folds gives what the ledger says of each lot; without lots that is all of the balance.
func (l *loading) folds(skus, nodes []string, each func(domain.Lot)) error {
	rows, err := l.db.Query(l.ctx, `
WITH wanted AS (SELECT unnest($1::text[]) AS sku, unnest($2::text[]) AS node_id), entry AS (
	SELECT m.sku, m.node_id, m.lot, m.to_bucket AS bucket, m.quantity FROM movement AS m
	JOIN wanted AS w ON w.sku = m.sku AND w.node_id = m.node_id
	UNION ALL
	SELECT m.sku, m.node_id, m.lot, m.from_bucket, -m.quantity FROM movement AS m
	JOIN wanted AS w ON w.sku = m.sku AND w.node_id = m.node_id
)
SELECT sku, node_id, lot,
	sum(CASE WHEN bucket IN ('SELLABLE', 'QUALITY_HOLD', 'DAMAGED') THEN quantity ELSE 0 END)::int8,
	sum(CASE WHEN bucket = 'QUALITY_HOLD' THEN quantity ELSE 0 END)::int8,
	sum(CASE WHEN bucket = 'DAMAGED' THEN quantity ELSE 0 END)::int8
FROM entry WHERE sku = ANY($1::text[]) AND node_id = ANY($2::text[]) GROUP BY sku, node_id, lot ORDER BY sku, node_id, lot`, skus, nodes)
	if err != nil {
		return fmt.Errorf("fold the ledger: %w", err)
	}
	var lot domain.Lot
	_, err = pgx.ForEachRow(rows, []any{&lot.SKU, &lot.Node, &lot.Lot, &lot.OnHand, &lot.QualityHold, &lot.Damaged}, func() error {
		each(lot)
		return nil
	})
	return err
}

func (l *loading) promises(skus, nodes []string, each func(key domain.StockKey, reserved, picked int64)) error {
	rows, err := l.db.Query(l.ctx, `
WITH wanted AS (SELECT unnest($1::text[]) AS sku, unnest($2::text[]) AS node_id)
SELECT c.sku, c.node_id, sum(c.remaining)::int8, sum(c.picked)::int8
FROM claim AS c JOIN wanted AS w ON w.sku = c.sku AND w.node_id = c.node_id
WHERE c.remaining > 0 AND c.sku = ANY($1::text[]) AND c.node_id = ANY($2::text[]) GROUP BY c.sku, c.node_id`, skus, nodes)
	if err != nil {
		return fmt.Errorf("sum up the promises: %w", err)
	}
	var key domain.StockKey
	var reserved, picked int64
	_, err = pgx.ForEachRow(rows, []any{&key.SKU, &key.Node, &reserved, &picked}, func() error {
		each(key, reserved, picked)
		return nil
	})
	return err
}
