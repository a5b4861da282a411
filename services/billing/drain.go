package billing

import (
	"context"
	"time"

	"github.com/waybill-dev/waybill/internal/pace"
	"github.com/waybill-dev/waybill/internal/shard"
)

// drain empties a queue of documents that wait to be issued, set by set. It is woken by the commit that drafts one, and
// correct by polling. While the tax engine does not answer it tries again, slower and slower.
func (s *Service) drain(
	ctx context.Context, what, topic string, issueDue func(context.Context, shard.Leases, time.Duration) (more bool, err error),
) error {
	nudge, stop := s.db.Listen(topic)
	defer stop()
	var failures int
	for ctx.Err() == nil {
		changed := s.owner.Changed()
		pause := s.config.Poll
		if leases := s.owner.Leases(); !leases.Empty() {
			more, err := issueDue(ctx, leases, s.retryDelay(failures+1))
			switch {
			case err != nil && ctx.Err() == nil:
				failures++
				pause = s.retryDelay(failures)
				s.log.WarnContext(ctx, "documents are not issued, they wait", "documents", what, "error", err, "again_in", pause)
			case more:
				failures = 0
				continue
			default:
				failures = 0
			}
		}
		wake := nudge
		if failures > 0 {
			wake = nil // one more document does not mend the engine
		}
		pace.Wait(ctx, pause, wake, changed)
	}
	return nil
}

// retryDelay is the wait after so many failures in a row: between a half and the whole of a doubling, capped time.
func (s *Service) retryDelay(failures int) time.Duration {
	return pace.Backoff(s.config.FirstDelay, s.config.MaxDelay, failures)
}
