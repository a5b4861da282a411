package store

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
)

// maxDue is how many holds that are over one transaction ends. What is left only under-sells.
const maxDue = 1000

// policies loads what is kept back of the items, and what limits channels.
func (l *loading) policies(skus []domain.SKU) error {
	codes := texts(skus)
	kept, err := l.queries.LoadSafetyStocks(l.ctx, codes)
	if err != nil {
		return err
	}
	quotas, err := l.queries.LoadQuotas(l.ctx, codes)
	if err != nil {
		return err
	}
	l.putPolicies(skus, kept, quotas)
	return nil
}

func (l *loading) putPolicies(skus []domain.SKU, kept []SafetyStock, quotas []ChannelQuota) {
	for _, row := range kept {
		l.shelf.PutSafetyStock(domain.StockKey{SKU: domain.SKU(row.Sku), Node: domain.NodeID(row.NodeID)},
			domain.Channel(row.Channel), row.Quantity)
	}
	limits := make([]domain.Quota, len(quotas))
	for i, row := range quotas {
		limits[i] = domain.Quota{
			QuotaKey: domain.QuotaKey{SKU: domain.SKU(row.Sku), Channel: domain.Channel(row.Channel)},
			Quantity: row.Quantity, Reserved: row.Reserved,
		}
	}
	l.shelf.PutQuotas(skus, limits)
}

// holds loads soft reservations with the balances that they hold something of.
func (l *loading) holds(ids []uuid.UUID, keys []string) error {
	claims, err := l.reservationsByKey(sorted(keys))
	if err != nil {
		return err
	}
	if len(ids) > 0 {
		slices.SortFunc(ids, compareIDs)
		headers, err := l.queries.ReservationsByID(l.ctx, slices.Compact(ids))
		if err != nil {
			return err
		}
		more, err := l.put(headers)
		if err != nil {
			return err
		}
		claims = append(claims, more...)
	}
	var stocks []domain.StockKey
	for _, claim := range claims {
		if claim.Node != domain.Nowhere && claim.Remaining > 0 {
			stocks = append(stocks, domain.StockKey{SKU: claim.SKU, Node: claim.Node})
		}
	}
	return l.balances(stocks)
}

// LoadForHold loads the hold of the key, its stock, and the demand that waits for what may become free.
func LoadForHold(ctx context.Context, tx database.Transaction, key string, now time.Time) (*domain.Shelf, error) {
	return loadHolds(ctx, tx, nil, []string{key}, now)
}

// LoadForExpiry loads holds, their stock, and the demand that waits for it.
func LoadForExpiry(ctx context.Context, tx database.Transaction, ids []uuid.UUID, now time.Time) (*domain.Shelf, error) {
	return loadHolds(ctx, tx, ids, nil, now)
}

func loadHolds(
	ctx context.Context, tx database.Transaction, ids []uuid.UUID, keys []string, now time.Time,
) (*domain.Shelf, error) {
	l, err := begin(ctx, tx, now)
	if err != nil {
		return nil, err
	}
	if err := l.holds(ids, keys); err != nil {
		return nil, err
	}
	return l.shelf, l.demand(l.shelf.SKUs())
}

// DueHolds are holds whose time is over, at most limit.
func DueHolds(ctx context.Context, db DBTX, now time.Time, limit int) ([]uuid.UUID, error) {
	ids, err := New(db).DueSoftOfAll(ctx, DueSoftOfAllParams{Now: now, DueLimit: int32(limit)})
	return ids, database.Fault(ctx, err)
}
