package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
)

// LoadForReserve loads the first outcomes of known keys, the stock of the items in all places, and the demand that waits
// for those of which there is something, in one round to the server where nothing waits. Holds on the items whose time is
// over are ended on the shelf before anybody is told that there is not enough, and holds that the requests replace are put
// on it.
//
// With lock the balances are locked right away. CockroachDB then lets the second of two sets wait instead of making it
// run again. PostgreSQL makes it run again either way, and without locks it is spared writing them on all the places that
// will not serve: Save begins with the balances, so that the second set hears of the first as soon as it writes.
func LoadForReserve(
	ctx context.Context, tx database.Transaction, wants []domain.Want, now time.Time, lock bool,
) (*domain.Shelf, error) {
	keys, replaced, skus := wantedKeys(wants)
	items := texts(sorted(skus))
	l := &loading{ctx: ctx, db: tx, queries: New(tx), loaded: map[uuid.UUID]bool{}}
	balances := readBalancesOfItems
	if lock {
		balances = lockBalancesOfItems
	}
	var nodes []domain.Node
	var outcomes []LoadOutcomesRow
	var stocks []domain.Balance
	waiting := map[domain.SKU]bool{}
	var kept []SafetyStock
	var quotas []ChannelQuota
	var due []uuid.UUID
	var batch pgx.Batch
	collect(&batch, &nodes, scanNode, loadNodes)
	collect(&batch, &outcomes, scanOutcome, loadOutcomes, keys)
	collect(&batch, &stocks, scanBalance, balances, items)
	batch.Queue(itemsWaitedFor, items).Query(func(rows pgx.Rows) error {
		var sku string
		_, err := pgx.ForEachRow(rows, []any{&sku}, func() error {
			waiting[domain.SKU(sku)] = true
			return nil
		})
		return err
	})
	collect(&batch, &kept, pgx.RowToStructByPos[SafetyStock], loadSafetyStocks, items)
	collect(&batch, &quotas, pgx.RowToStructByPos[ChannelQuota], loadQuotas, items)
	collect(&batch, &due, pgx.RowTo[uuid.UUID], dueSoft, items, now, int32(maxDue))
	if err := tx.SendBatch(ctx, &batch).Close(); err != nil {
		return nil, err
	}
	l.shelf = domain.NewShelf(nodes, now)
	for _, stock := range stocks {
		l.shelf.PutBalance(stock)
	}
	for _, row := range outcomes {
		outcome, err := decodeOutcome(row.Outcome)
		if err != nil {
			return nil, err
		}
		l.shelf.PutOutcome(row.Key, outcome)
	}
	l.putPolicies(skus, kept, quotas)
	if len(due) > 0 || len(replaced) > 0 {
		if err := l.holds(due, replaced); err != nil {
			return nil, err
		}
		l.shelf.Expire()
	}
	queues, err := l.resourced(wants)
	if err != nil {
		return nil, err
	}
	if len(waiting) > 0 {
		for _, sku := range l.shelf.SellableSKUs() {
			if waiting[sku] {
				queues = append(queues, sku)
			}
		}
	}
	return l.shelf, l.queues(sorted(queues), queueHead)
}

// resourced loads all reservations of the orders that look for stock anew, and the balances of what they give back. It returns the
// items that become free by that: demand may wait for them although nothing is sellable yet.
func (l *loading) resourced(wants []domain.Want) ([]domain.SKU, error) {
	var orders []string
	back := map[domain.OrderID]bool{}
	for _, want := range wants {
		if want.Refusal == nil && (want.KeepsAge || len(want.GivesBack) > 0) {
			orders = append(orders, string(want.Order))
			back[want.Order] = back[want.Order] || len(want.GivesBack) > 0
		}
	}
	claims, err := l.reservationsOf(sorted(orders))
	if err != nil {
		return nil, err
	}
	var skus []domain.SKU
	var stocks []domain.StockKey
	for _, claim := range claims {
		if claim.Node != domain.Nowhere && claim.Remaining > 0 && back[claim.Reservation().Order] {
			skus = append(skus, claim.SKU)
			stocks = append(stocks, domain.StockKey{SKU: claim.SKU, Node: claim.Node})
		}
	}
	if len(skus) == 0 {
		return nil, nil
	}
	if err := l.balances(stocks); err != nil {
		return nil, err
	}
	return skus, l.policies(sorted(skus))
}

// wantedKeys are the requests' keys, those of the holds that they replace, and the items that they want.
func wantedKeys(wants []domain.Want) (keys, replaced []string, skus []domain.SKU) {
	keys = make([]string, len(wants))
	for i, want := range wants {
		keys[i] = want.Key
		if want.Replaces != "" {
			replaced = append(replaced, want.Replaces)
		}
		if want.Refusal == nil {
			for _, line := range want.Lines {
				skus = append(skus, line.SKU)
			}
		}
	}
	return keys, replaced, skus
}

// collect queues a query whose rows go into a slice.
func collect[T any](batch *pgx.Batch, into *[]T, scan func(pgx.CollectableRow) (T, error), sql string, args ...any) {
	batch.Queue(sql, args...).Query(func(rows pgx.Rows) error {
		defer rows.Close()
		for rows.Next() {
			row, err := scan(rows)
			if err != nil {
				return err
			}
			*into = append(*into, row)
		}
		return rows.Err()
	})
}

func scanNode(rows pgx.CollectableRow) (domain.Node, error) {
	var node domain.Node
	err := rows.Scan((*string)(&node.ID), &node.Priority, &node.Inactive)
	return node, err
}

func scanOutcome(rows pgx.CollectableRow) (LoadOutcomesRow, error) {
	var row LoadOutcomesRow
	err := rows.Scan(&row.Key, &row.Outcome)
	return row, err
}

func scanBalance(rows pgx.CollectableRow) (domain.Balance, error) {
	var b domain.Balance
	err := rows.Scan((*string)(&b.SKU), (*string)(&b.Node), &b.OnHand, &b.QualityHold, &b.Damaged, &b.Reserved, &b.Picked,
		&b.Frozen, &b.Version, &b.Sequence, &b.AsOf, &b.Unverified, &b.CountedTo,
		&b.Freshness.Until, &b.Stale, &b.Freshness.Units, &b.Freshness.BP)
	b.Freshness.Until = fromForever(b.Freshness.Until)
	return b, err
}
