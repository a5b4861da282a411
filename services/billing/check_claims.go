package billing

import (
	"context"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/invariant"
	"github.com/waybill-dev/waybill/services/billing/internal/store"
)

// checkClaims weighs the rest of every order anew, from its snapshot and progress, and compares it with what its claim says.
func checkClaims(ctx context.Context, db *database.DB) ([]invariant.Break, error) {
	var found broken
	err := store.EachClaimedOrder(ctx, db.Pool(), func(claimed store.ClaimedOrder) error {
		if found.full() {
			return nil
		}
		order, err := orderFromSnapshot(claimed.Snapshot)
		if err != nil {
			return err
		}
		open, err := order.OpenValue(claimed.Progress, claimed.Weighing)
		if err != nil {
			return err
		}
		if open != claimed.Open {
			found.add(id.Format(id.Order, order.ID), claimed.Open, open, "open of the claim, and what the rest of the order weighs")
		}
		return nil
	})
	return found.all(), err
}
