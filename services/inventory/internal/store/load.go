// Package store keeps stock in tables. The Load functions put on a shelf what a set of commands needs, locked in a fixed
// order; Save stores what has changed, with one statement per table.
package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
)

const (
	// queueHead is how much of what waits for an item one transaction looks at.
	queueHead = 1000
	// servedQueueHead is the same where nothing else is done than serving it.
	servedQueueHead = 10_000
)

// loading is a shelf on its way.
type loading struct {
	ctx     context.Context
	db      DBTX
	queries *Queries
	shelf   *domain.Shelf
	loaded  map[uuid.UUID]bool
}

func begin(ctx context.Context, tx DBTX, now time.Time) (*loading, error) {
	l := &loading{ctx: ctx, db: tx, queries: New(tx), loaded: map[uuid.UUID]bool{}}
	rows, err := l.queries.LoadNodes(ctx)
	if err != nil {
		return nil, err
	}
	nodes := make([]domain.Node, len(rows))
	for i, row := range rows {
		nodes[i] = domain.Node{ID: domain.NodeID(row.NodeID), Priority: row.Priority, Inactive: row.Inactive}
	}
	l.shelf = domain.NewShelf(nodes, now)
	return l, nil
}

// LoadForCancel loads the reservations that are meant, their stock, and the demand that waits for what becomes free.
func LoadForCancel(
	ctx context.Context, tx database.Transaction, requests []domain.Cancellation, now time.Time,
) (*domain.Shelf, error) {
	l, err := begin(ctx, tx, now)
	if err != nil {
		return nil, err
	}
	var keys, orders, reservationKeys []string
	for _, request := range requests {
		keys = append(keys, request.Key)
		if request.ReservationKey != "" {
			reservationKeys = append(reservationKeys, request.ReservationKey)
		} else {
			orders = append(orders, string(request.Order))
		}
	}
	known, err := l.queries.LoadCancellations(ctx, keys)
	if err != nil {
		return nil, err
	}
	for _, row := range known {
		outcome, err := decodeCancelled(row.Outcome)
		if err != nil {
			return nil, err
		}
		l.shelf.PutCancellation(row.Key, outcome)
	}
	named, err := l.reservationsByKey(reservationKeys)
	if err != nil {
		return nil, err
	}
	claims, err := l.reservationsOf(orders)
	if err != nil {
		return nil, err
	}
	claims = append(claims, named...)
	var stocks []domain.StockKey
	var skus []domain.SKU
	for _, claim := range claims {
		if claim.Node != domain.Nowhere && claim.Remaining > 0 {
			stocks = append(stocks, domain.StockKey{SKU: claim.SKU, Node: claim.Node})
			skus = append(skus, claim.SKU)
		}
	}
	if err := l.balances(stocks); err != nil {
		return nil, err
	}
	return l.shelf, l.demand(sorted(skus))
}

// LoadForFacts loads everything about the orders that the facts are about, and where more was shipped than was promised
// whatever may have to be revoked.
func LoadForFacts(
	ctx context.Context, tx database.Transaction, items Items, facts []domain.Fact, now time.Time,
) (*domain.Shelf, error) {
	l, err := begin(ctx, tx, now)
	if err != nil {
		return nil, err
	}
	orders := make([]string, len(facts))
	for i, fact := range facts {
		orders[i] = string(fact.Order())
	}
	orders = sorted(orders)
	if _, err := l.reservationsOf(orders); err != nil {
		return nil, err
	}
	if err := l.handlings(orders); err != nil {
		return nil, err
	}
	if err := l.moving(items, l.shelf.Stocks(facts)); err != nil {
		return nil, err
	}
	return l.shelf, l.revocable(l.shelf.Outflows(facts))
}

// LoadForServe loads what waits for the items, and their stock.
func LoadForServe(ctx context.Context, tx database.Transaction, skus []domain.SKU, now time.Time) (*domain.Shelf, error) {
	l, err := begin(ctx, tx, now)
	if err != nil {
		return nil, err
	}
	if err := l.balancesOfItems(sorted(skus)); err != nil {
		return nil, err
	}
	if err := l.policies(sorted(skus)); err != nil {
		return nil, err
	}
	return l.shelf, l.queues(l.shelf.SellableSKUs(), servedQueueHead)
}

// revocable loads every unpicked promise on the stock, with all of its order.
func (l *loading) revocable(keys []domain.StockKey) error {
	if len(keys) == 0 {
		return nil
	}
	skus, nodes := columns(keys)
	ids, err := l.queries.ReservationsOnStock(l.ctx, ReservationsOnStockParams{Skus: skus, NodeIds: nodes})
	if err != nil {
		return err
	}
	headers, err := l.queries.ReservationsByID(l.ctx, ids)
	if err != nil {
		return err
	}
	orders := make([]string, len(headers))
	for i, header := range headers {
		orders[i] = header.OrderID
	}
	orders = sorted(orders)
	if _, err := l.reservationsOf(orders); err != nil {
		return err
	}
	return l.handlings(orders)
}

func (l *loading) balancesOfItems(skus []domain.SKU) error {
	if len(skus) == 0 {
		return nil
	}
	rows, err := l.queries.LockBalancesOfItems(l.ctx, texts(skus))
	if err != nil {
		return err
	}
	for _, row := range rows {
		l.shelf.PutBalance(toBalance(row))
	}
	return nil
}

// balances locks the balances of the keys, each once and in order: two transactions must not wait for each other.
func (l *loading) balances(keys []domain.StockKey) error {
	if len(keys) == 0 {
		return nil
	}
	keys = slices.SortedFunc(slices.Values(keys), func(a, b domain.StockKey) int {
		return cmp.Or(cmp.Compare(a.SKU, b.SKU), cmp.Compare(a.Node, b.Node))
	})
	skus, nodes := columns(slices.Compact(keys))
	rows, err := l.queries.LockBalances(l.ctx, LockBalancesParams{Skus: skus, NodeIds: nodes})
	if err != nil {
		return err
	}
	for _, row := range rows {
		l.shelf.PutBalance(toBalance(row))
	}
	return nil
}

// demand loads the heads of the items' queues, and what limits whom they may be served from.
func (l *loading) demand(skus []domain.SKU) error {
	if len(skus) == 0 {
		return nil
	}
	if err := l.policies(skus); err != nil {
		return err
	}
	return l.queues(skus, queueHead)
}

func (l *loading) queues(skus []domain.SKU, head int) error {
	if len(skus) == 0 {
		return nil
	}
	rows, err := l.queries.LoadWaiting(l.ctx, LoadWaitingParams{Skus: texts(skus), QueueLimit: int32(head)})
	if err != nil || len(rows) == 0 {
		return err
	}
	count := map[string]int{}
	ids := make([]uuid.UUID, len(rows))
	for i, row := range rows {
		ids[i] = row.ReservationID
		if count[row.Sku]++; count[row.Sku] == head {
			l.shelf.HideDemand(domain.SKU(row.Sku), domain.QueuePosition{
				Priority: int32(-row.Rank), Reservation: row.ReservationID, Line: int32(row.LineNumber),
			})
		}
	}
	slices.SortFunc(ids, compareIDs)
	headers, err := l.queries.ReservationsByID(l.ctx, slices.Compact(ids))
	if err != nil {
		return err
	}
	_, err = l.put(headers)
	return err
}

func (l *loading) handlings(orders []string) error {
	if len(orders) == 0 {
		return nil
	}
	rows, err := l.queries.LoadHandlings(l.ctx, orders)
	if err != nil {
		return err
	}
	for _, row := range rows {
		handling, err := toHandling(row)
		if err != nil {
			return err
		}
		l.shelf.PutHandling(handling)
	}
	return nil
}
