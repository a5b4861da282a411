package inventory

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// ages say how old at a moment what is known of stock is.
type ages struct {
	now     time.Time
	moments map[domain.StockKey]time.Time
}

// readAges is called before the stock is read: what is told meanwhile may make the stock newer than it is said to be, never
// older.
func (s *Service) readAges(ctx context.Context, skus []string, now time.Time) (ages, error) {
	moments, err := store.SnapshotMoments(ctx, s.db.Pool(), skus)
	return ages{now: now, moments: moments}, err
}

// of is the moment for which stock is known, and how many milliseconds ago that was. What we book ourselves is known now.
func (a ages) of(sku, node string) (*timestamppb.Timestamp, int64) {
	asOf, told := a.moments[domain.StockKey{SKU: domain.SKU(sku), Node: domain.NodeID(node)}]
	if !told || asOf.After(a.now) {
		asOf = a.now
	}
	return timestamppb.New(asOf), a.now.Sub(asOf).Milliseconds()
}
