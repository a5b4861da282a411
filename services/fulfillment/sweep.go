package fulfillment

import (
	"context"
	"log/slog"
	"time"

	"github.com/waybill-dev/waybill/internal/pace"
	"github.com/waybill-dev/waybill/internal/shard"
)

// sweep does a pass over the shards that this replica owns now and then, until ctx ends, and the next at once while there is
// more. A pass that failed is made again after the poll: what is left undone is found again. New leases begin one at once.
func (s *Service) sweep(
	ctx context.Context, what string, poll time.Duration, pass func(context.Context, shard.Leases) (more bool, err error),
) error {
	for ctx.Err() == nil {
		changed := s.owner.Changed()
		more, err := pass(ctx, s.owner.Leases())
		if err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "a sweep failed and is made again", slog.String("sweep", what), slog.Any("error", err))
		}
		if more && err == nil {
			continue
		}
		pace.Wait(ctx, poll, nil, changed)
	}
	return nil
}
