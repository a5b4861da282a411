package operations

import (
	"context"
	"time"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/pace"
	"github.com/waybill-dev/waybill/services/operations/internal/store"
)

// forgetPage is how many events one transaction lets go of.
const forgetPage = 1000

// forget lets go of events that have been kept long enough, until ctx ends. Timelines stay.
func (s *Service) forget(ctx context.Context) error {
	return s.everyNow(ctx, "old events", s.config.Sweep, func(ctx context.Context) (more bool, err error) {
		if !s.owner.Leases().Holds(0) {
			return false, nil // one replica is enough, and the owner of the first shard is one
		}
		before := s.now().Add(-s.config.KeepEvents)
		gone, err := database.Tx(ctx, s.db, "forget_events", func(tx database.Transaction) (int, error) {
			return store.Forget(ctx, tx, before, forgetPage)
		})
		return gone == forgetPage, err
	})
}

// everyNow does a piece of work again and again, at once while there is more of it, until ctx ends.
func (s *Service) everyNow(ctx context.Context, what string, pause time.Duration, work func(context.Context) (more bool, err error)) error {
	return pace.Every(ctx, pause, func(err error) { s.log.WarnContext(ctx, "not done", "work", what, "error", err) }, work)
}
