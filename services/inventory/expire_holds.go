package inventory

import (
	"context"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/pace"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// expiryPage is how many holds one transaction ends.
const expiryPage = 200

// expireHolds ends holds whose time is over, so that their stock is told to be available and demand that waits gets it. Until
// then they only under-sell: a request that needs their stock ends them itself. Replicas may do it side by side.
func (s *Service) expireHolds(ctx context.Context) error {
	return pace.Every(ctx, s.config.HoldPoll, func(err error) {
		s.log.WarnContext(ctx, "holds not ended", "error", err)
	}, func(ctx context.Context) (more bool, err error) { return false, s.expireAllHolds(ctx) })
}

func (s *Service) expireAllHolds(ctx context.Context) error {
	for {
		now := s.now()
		ids, err := store.DueHolds(ctx, s.db.Pool(), now, expiryPage)
		if err != nil || len(ids) == 0 {
			return err
		}
		_, err = write(ctx, s, "expire_holds", func(tx database.Transaction) (struct{}, error) {
			shelf, err := store.LoadForExpiry(ctx, tx, ids, now)
			if err != nil {
				return struct{}{}, err
			}
			shelf.ExpireAndServe()
			return struct{}{}, s.settle(ctx, tx, shelf, now)
		})
		if err != nil {
			return err
		}
	}
}
