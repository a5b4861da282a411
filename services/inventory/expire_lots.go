package inventory

import (
	"context"
	"time"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/pace"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// expirePage bounds the balances of one transaction of the sweep.
const expirePage = 200

// expireLots puts on quality hold, from time to time, what is sellable of lots after their last day of sale (UTC).
func (s *Service) expireLots(ctx context.Context) error {
	return pace.Every(ctx, s.config.ExpirePoll, func(err error) {
		s.log.ErrorContext(ctx, "expired lots stay on sale until the next sweep", "error", err)
	}, func(ctx context.Context) (more bool, err error) { return false, s.sweepExpired(ctx) })
}

// sweepExpired goes on while there may be more. What pickers have in hand stays where it is and ends the sweep when nothing
// else is left.
func (s *Service) sweepExpired(ctx context.Context) error {
	for {
		now := s.now()
		again, err := write(ctx, s, "expire_lots", func(tx database.Transaction) (bool, error) {
			shelf, more, err := store.LoadExpired(ctx, tx, s.items, now.Format(time.DateOnly), expirePage, now)
			if err != nil {
				return false, err
			}
			flows := shelf.Expired(now.Format(time.DateOnly))
			if _, err := shelf.Flow(flows); err != nil {
				return false, err
			}
			return more && len(flows) > 0, s.settle(ctx, tx, shelf, now)
		})
		if err != nil || !again {
			return err
		}
	}
}
