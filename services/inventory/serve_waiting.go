package inventory

import (
	"context"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/pace"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

const (
	// topicDemand wakes serveWaiting after a commit that left demand which might be served.
	topicDemand = "inventory_demand"
	// servePage is for how many items one transaction serves what waits.
	servePage = 100
)

// serveWaiting gives stock to demand that waits where no other transaction has done it: promises were revoked, a place is
// active again, more waited than one transaction looks at. It is woken by such commits and correct by polling. Replicas
// may do it side by side.
func (s *Service) serveWaiting(ctx context.Context) error {
	wake, stop := s.db.Listen(topicDemand)
	defer stop()
	for ctx.Err() == nil {
		if err := s.serveAllWaiting(ctx); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "waiting demand not served", "error", err)
		}
		pace.Wait(ctx, s.config.ServePoll, wake, nil)
	}
	return nil
}

func (s *Service) serveAllWaiting(ctx context.Context) error {
	var after domain.SKU
	for {
		skus, err := store.ServableItemsAfter(ctx, s.db.Pool(), after, servePage)
		if err != nil || len(skus) == 0 {
			return err
		}
		after = skus[len(skus)-1]
		now := s.now()
		_, err = write(ctx, s, "serve_waiting", func(tx database.Transaction) (struct{}, error) {
			shelf, err := store.LoadForServe(ctx, tx, skus, now)
			if err != nil {
				return struct{}{}, err
			}
			shelf.Serve()
			return struct{}{}, s.settle(ctx, tx, shelf, now)
		})
		if err != nil {
			return err
		}
	}
}
