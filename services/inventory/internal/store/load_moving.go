package store

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
)

// Items tells of items what a shelf must know before stock of them moves.
type Items interface {
	// LotTracked are those of the items whose stock is kept by lot.
	LotTracked(ctx context.Context, db DBTX, skus []domain.SKU) (map[domain.SKU]bool, error)
}

// LoadForFlows loads the balances in which goods move, what may have to be revoked for it, and the demand that waits for
// what is added.
func LoadForFlows(
	ctx context.Context, tx database.Transaction, items Items, flows []domain.Flow, now time.Time,
) (*domain.Shelf, error) {
	l, err := begin(ctx, tx, now)
	if err != nil {
		return nil, err
	}
	stocks := make([]domain.StockKey, len(flows))
	skus := make([]domain.SKU, len(flows))
	for i, flow := range flows {
		stocks[i], skus[i] = flow.StockKey, flow.SKU
	}
	if err := l.moving(items, stocks); err != nil {
		return nil, err
	}
	if err := l.revocable(l.shelf.Takings(flows)); err != nil {
		return nil, err
	}
	return l.shelf, l.demand(sorted(skus))
}

// LoadForCounts loads the balances that were counted, what the ledger says of the moments that the counts speak of, and
// otherwise what LoadForFlows does.
func LoadForCounts(
	ctx context.Context, tx database.Transaction, items Items, counts []domain.Count, now time.Time,
) (*domain.Shelf, []domain.Count, error) {
	l, err := begin(ctx, tx, now)
	if err != nil {
		return nil, nil, err
	}
	stocks := make([]domain.StockKey, len(counts))
	skus := make([]domain.SKU, len(counts))
	for i, count := range counts {
		stocks[i], skus[i] = count.StockKey, count.SKU
	}
	if err := l.moving(items, stocks); err != nil {
		return nil, nil, err
	}
	if counts, err = l.changedSince(items, counts); err != nil {
		return nil, nil, err
	}
	if err := l.revocable(l.shelf.Shortages(counts)); err != nil {
		return nil, nil, err
	}
	return l.shelf, counts, l.demand(sorted(skus))
}

// clockSkew bounds by how much the clocks of replicas differ, with a lot to spare.
const clockSkew = 10 * time.Minute

// changedSince sums up the ledger after the moments of the counts. The given counts are left as they are.
func (l *loading) changedSince(items Items, counts []domain.Count) ([]domain.Count, error) {
	if len(counts) == 0 {
		return nil, nil
	}
	skus := make([]domain.SKU, len(counts))
	for i, count := range counts {
		skus[i] = count.SKU
	}
	tracked, err := items.LotTracked(l.ctx, l.db, sorted(skus))
	if err != nil {
		return nil, err
	}
	var set ChangedSinceParams
	for i, count := range counts {
		set.Positions = append(set.Positions, int64(i))
		set.Skus = append(set.Skus, string(count.SKU))
		set.NodeIds = append(set.NodeIds, string(count.Node))
		set.Lots = append(set.Lots, count.Lot)
		set.ByLot = append(set.ByLot, tracked[count.SKU])
		set.FirstIds = append(set.FirstIds, firstIDAt(count.At.Add(-clockSkew)))
		set.Moments = append(set.Moments, count.At)
	}
	rows, err := l.queries.ChangedSince(l.ctx, set)
	if err != nil {
		return nil, err
	}
	known := make([]domain.Count, len(counts))
	copy(known, counts)
	for _, row := range rows {
		known[row.Position].Since = row.Change
	}
	return known, nil
}

// firstIDAt is below every UUIDv7 that is made at the time or later: they begin with the milliseconds.
func firstIDAt(moment time.Time) uuid.UUID {
	var id uuid.UUID
	millis := max(moment.UnixMilli(), 0)
	for i := range 6 {
		id[i] = byte(millis >> (8 * (5 - i)))
	}
	return id
}

// LoadExpired loads the balances with expired lots, and what may have to be revoked for them: at most limit, in order.
// More says that there may be others.
func LoadExpired(
	ctx context.Context, tx database.Transaction, items Items, today string, limit int, now time.Time,
) (shelf *domain.Shelf, more bool, err error) {
	l, err := begin(ctx, tx, now)
	if err != nil {
		return nil, false, err
	}
	rows, err := l.queries.ExpiredLots(ctx, ExpiredLotsParams{Today: today, PageLimit: int32(limit)})
	if err != nil {
		return nil, false, err
	}
	keys := make([]domain.StockKey, len(rows))
	for i, row := range rows {
		keys[i] = domain.StockKey{SKU: domain.SKU(row.Sku), Node: domain.NodeID(row.NodeID)}
	}
	if err := l.moving(items, keys); err != nil {
		return nil, false, err
	}
	return l.shelf, len(rows) == limit, l.revocable(keys)
}

// LoadOverdue loads the balances of which nobody has said for too long what is there, at most limit. More says that there may be
// others.
func LoadOverdue(
	ctx context.Context, tx database.Transaction, items Items, limit int, now time.Time,
) (shelf *domain.Shelf, more bool, err error) {
	l, err := begin(ctx, tx, now)
	if err != nil {
		return nil, false, err
	}
	rows, err := l.queries.OverdueBalances(ctx, OverdueBalancesParams{Now: now, PageLimit: int32(limit)})
	if err != nil {
		return nil, false, err
	}
	keys := make([]domain.StockKey, len(rows))
	for i, row := range rows {
		keys[i] = domain.StockKey{SKU: domain.SKU(row.Sku), Node: domain.NodeID(row.NodeID)}
	}
	slices.SortFunc(keys, domain.CompareStock)
	return l.shelf, len(rows) == limit, l.moving(items, keys)
}

// moving loads balances in which something is about to move: their lots where they have some, and where they are frozen the
// deferred facts with what these may revoke.
func (l *loading) moving(items Items, keys []domain.StockKey) error {
	if err := l.balances(keys); err != nil {
		return err
	}
	skus := make([]domain.SKU, len(keys))
	for i, key := range keys {
		skus[i] = key.SKU
	}
	tracked, err := items.LotTracked(l.ctx, l.db, sorted(skus))
	if err != nil {
		return err
	}
	var frozen, kept []domain.StockKey
	seen := make(map[domain.StockKey]bool, len(keys))
	for _, key := range keys {
		if seen[key] {
			continue
		}
		seen[key] = true
		if l.shelf.Balance(key).Frozen {
			frozen = append(frozen, key)
		}
		if tracked[key.SKU] {
			kept = append(kept, key)
		}
	}
	if err := l.lots(kept); err != nil {
		return err
	}
	return l.frozen(frozen)
}

func (l *loading) lots(keys []domain.StockKey) error {
	if len(keys) == 0 {
		return nil
	}
	skus, nodes := columns(keys)
	rows, err := l.queries.LoadLots(l.ctx, LoadLotsParams{Skus: skus, NodeIds: nodes})
	if err != nil {
		return err
	}
	of := make(map[domain.StockKey][]domain.Lot, len(keys))
	for _, row := range rows {
		lot := toLot(row)
		of[lot.StockKey] = append(of[lot.StockKey], lot)
	}
	for _, key := range keys {
		l.shelf.TrackLots(key, of[key])
	}
	return nil
}

func toLot(row LotBalance) domain.Lot {
	return domain.Lot{
		StockKey: domain.StockKey{SKU: domain.SKU(row.Sku), Node: domain.NodeID(row.NodeID)}, Lot: row.Lot,
		OnHand: row.OnHand, QualityHold: row.QualityHold, Damaged: row.Damaged, ExpiresOn: row.ExpiresOn,
		CountedTo: row.CountedTo,
	}
}

// frozen loads the deferred facts of frozen stock, and what they may revoke.
func (l *loading) frozen(keys []domain.StockKey) error {
	if len(keys) == 0 {
		return nil
	}
	skus, nodes := columns(keys)
	rows, err := l.queries.LoadDeferred(l.ctx, LoadDeferredParams{Skus: skus, NodeIds: nodes})
	if err != nil {
		return err
	}
	for _, row := range rows {
		l.shelf.PutDeferred(domain.Deferred{
			StockKey: domain.StockKey{SKU: domain.SKU(row.Sku), Node: domain.NodeID(row.NodeID)}, ID: row.ID,
			Missing: row.Missing, Movement: domain.Movement{
				From: domain.Bucket(row.FromBucket), To: domain.Bucket(row.ToBucket), Lot: row.Lot, Quantity: row.Quantity,
				Reason: row.Reason, Document: row.Document, OccurredAt: row.OccurredAt, Counted: row.Counted,
			},
		})
	}
	return l.revocable(keys)
}
