package inventory

import (
	"context"

	"github.com/waybill-dev/waybill/internal/database"
)

// gate lets the transactions of this process that write stock go one after the other, in the order in which they came.
// Nothing depends on it for being right: SERIALIZABLE and the replicas of the service do without. But two sets of some
// hundred lines nearly always have an item in common, and the one that commits second would have been decided on
// balances that are no more, and run again.
type gate chan struct{}

func newGate() gate { return make(gate, 1) }

// enter waits for the turn, at most as long as ctx allows.
func (g gate) enter(ctx context.Context) (leave func(), err error) {
	select {
	case g <- struct{}{}:
		return func() { <-g }, nil
	case <-ctx.Done():
		return nil, database.Fault(ctx, ctx.Err())
	}
}
