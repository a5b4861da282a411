package operations

import (
	"context"
	"time"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/pace"
	"github.com/waybill-dev/waybill/services/operations/internal/store"
)

// forgetPage is how many segments one transaction lets go of.
const forgetPage = 16

// forget lets go of events that have been kept long enough, until ctx ends.
func (s *Service) forget(ctx context.Context) error {
	return s.everyNow(ctx, "old events", s.config.Sweep, func(ctx context.Context) (more bool, err error) {
		if !s.owner.Leases().Holds(0) {
			return false, nil // one replica is enough, and the owner of the first shard is one
		}
		gone, err := s.forgetBefore(ctx, s.now().Add(-s.config.KeepEvents))
		return gone == forgetPage, err
	})
}

// forgetBefore lets go of the oldest segments, as long as all of their events were recorded before a moment, and says of how
// many.
func (s *Service) forgetBefore(ctx context.Context, before time.Time) (int, error) {
	return database.Tx(ctx, s.db, "forget_events", func(tx database.Transaction) (int, error) {
		oldest, err := store.Segments(ctx, tx, 0, forgetPage)
		if err != nil {
			return 0, err
		}
		for i, segment := range oldest {
			if !segment.Last.Before(before) {
				return i, nil
			}
			names, err := namesIn(segment)
			if err != nil {
				return 0, err
			}
			if _, err := store.Forget(ctx, tx, segment.Number, names); err != nil {
				return 0, err
			}
		}
		return len(oldest), nil
	})
}

// everyNow does a piece of work again and again, at once while there is more of it, until ctx ends.
func (s *Service) everyNow(ctx context.Context, what string, pause time.Duration, work func(context.Context) (more bool, err error)) error {
	return pace.Every(ctx, pause, func(err error) { s.log.WarnContext(ctx, "not done", "work", what, "error", err) }, work)
}
