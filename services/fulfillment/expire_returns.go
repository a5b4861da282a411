package fulfillment

import (
	"context"
	"time"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/store"
)

// expirePage is how many returns one transaction of the sweep ends.
const expirePage = 200

// expireReturns ends returns that did not come in time, until ctx ends. What is left undone is found again.
func (s *Service) expireReturns(ctx context.Context) error {
	return s.sweep(ctx, "expired returns", s.config.Returns.ExpiryPoll, s.expirePass)
}

// expirePass ends a page of them behind the fence, and reports whether there are more.
func (s *Service) expirePass(ctx context.Context, leases shard.Leases) (more bool, err error) {
	if leases.Empty() {
		return false, nil
	}
	now := s.now()
	today := now.Format(time.DateOnly)
	due, err := store.FindLapsed(ctx, s.db.Pool(), leases, today, expirePage)
	if err != nil || len(due) == 0 {
		return false, err
	}
	_, err = database.Tx(ctx, s.db, "expire_returns", func(tx database.Transaction) (struct{}, error) {
		if err := leases.Check(ctx, tx); err != nil {
			return struct{}{}, err
		}
		commands := make([]domain.ReturnCommand, 0, len(due))
		for _, one := range due {
			commands = append(commands, domain.ExpireReturn{ID: one, Today: today})
		}
		_, err := s.decideReturns(ctx, tx, commands, now)
		return struct{}{}, err
	})
	return len(due) == expirePage, err
}
