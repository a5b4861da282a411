package inventory

import (
	"context"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/pace"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// goStale marks, from time to time, the stock of which an outside system has not told for too long, and tells what may be
// promised of it now.
func (s *Service) goStale(ctx context.Context) error {
	return pace.Every(ctx, s.config.StalePoll, func(err error) {
		s.log.ErrorContext(ctx, "stale stock is promised in full until the next sweep", "error", err)
	}, func(ctx context.Context) (more bool, err error) { return false, s.sweepStale(ctx) })
}

func (s *Service) sweepStale(ctx context.Context) error {
	for {
		now := s.now()
		again, err := write(ctx, s, "go_stale", func(tx database.Transaction) (bool, error) {
			shelf, more, err := store.LoadOverdue(ctx, tx, s.items, expirePage, now)
			if err != nil {
				return false, err
			}
			if shelf.GoStale(now) == 0 {
				return false, nil
			}
			return more, s.settle(ctx, tx, shelf, now)
		})
		if err != nil || !again {
			return err
		}
	}
}
