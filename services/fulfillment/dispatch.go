package fulfillment

import (
	"context"
	"log/slog"
	"time"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/pace"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/store"
)

const (
	// scanSlack is how far scans stay behind now: the clocks' difference and the longest transaction together.
	scanSlack = time.Minute
	// fullScan is how often a scan begins at the very first row all the same.
	fullScan = 30 * time.Second
	// probe is how many orders are risked on a warehouse system whose last call failed. The rest stays untouched, so that
	// it can still be cancelled at once.
	probe = 16
)

// dispatcher drains the dispatch queue. It belongs to one goroutine.
type dispatcher struct {
	*Service
	leases shard.Leases
	// lower is before everything that is known to wait, up to the next full scan.
	lower, fullAt time.Time
	// failures in a row, and until when no further call is made because of them.
	failures    int64
	pausedUntil time.Time
}

// dispatch tells warehouses what they have to know, until ctx ends.
func (s *Service) dispatch(ctx context.Context) error {
	wake, stop := s.db.Listen(store.TopicDispatch)
	defer stop()
	d := &dispatcher{Service: s}
	for ctx.Err() == nil {
		changed := s.owner.Changed()
		more, err := d.pass(ctx, s.owner.Leases())
		if err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "dispatch to warehouses failed", slog.Any("error", err))
		}
		if more && err == nil {
			continue
		}
		pace.Wait(ctx, d.wait(), wake, changed)
	}
	return nil
}

// wait is how long to sleep when nobody wakes us.
func (d *dispatcher) wait() time.Duration {
	return max(d.config.Dispatch.Poll, time.Until(d.pausedUntil))
}

// pass tells the warehouses a page of what is due, and reports whether there is more.
func (d *dispatcher) pass(ctx context.Context, leases shard.Leases) (more bool, err error) {
	if leases.Empty() || time.Now().Before(d.pausedUntil) {
		return false, nil
	}
	now := d.now()
	if leases != d.leases || now.After(d.fullAt) {
		d.leases, d.lower, d.fullAt = leases, time.Unix(0, 0), now.Add(fullScan)
	}
	limit := d.config.Dispatch.Batch
	if d.failures > 0 {
		limit = min(limit, probe)
	}
	errands, err := database.Tx(ctx, d.db, "dispatch_claim", func(tx database.Transaction) ([]store.Errand, error) {
		return store.ClaimErrands(ctx, tx, leases, d.lower, now, limit)
	})
	if err != nil || len(errands) == 0 {
		return false, err
	}
	answers := d.tell(ctx, errands)
	if err := d.settle(ctx, leases, answers); err != nil {
		d.lower = time.Unix(0, 0)
		return false, err
	}
	d.pace(answers)
	if answers.failure != nil {
		return false, answers.failure
	}
	if len(errands) < limit {
		d.lower = now.Add(-scanSlack)
		return false, nil
	}
	return true, nil
}

// settle stores what the warehouses answered, behind the fence.
func (d *dispatcher) settle(ctx context.Context, leases shard.Leases, answers answers) error {
	now := d.now()
	_, err := database.Tx(ctx, d.db, "dispatch_settle", func(tx database.Transaction) (struct{}, error) {
		if err := leases.Check(ctx, tx); err != nil {
			return struct{}{}, err
		}
		if len(answers.commands) > 0 {
			if _, err := decide(ctx, tx, answers.commands, now); err != nil {
				return struct{}{}, err
			}
		}
		if err := store.EndErrands(ctx, tx, answers.done); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, store.PostponeErrands(ctx, tx, answers.failed, func(attempt int64) time.Time {
			return now.Add(d.delay(attempt, answers.failure))
		})
	})
	return err
}

// pace stops the drain for a while after a failure, unless it is that of single orders: each waits by itself then.
func (d *dispatcher) pace(a answers) {
	single := !fault.Retryable(a.failure) && (len(a.done) > 0 || len(a.failed) == 1)
	if a.failure == nil || single {
		d.failures, d.pausedUntil = 0, time.Time{}
		return
	}
	d.failures++
	d.pausedUntil = time.Now().Add(d.delay(d.failures, a.failure))
}

// delay doubles with every attempt up to its bound, and half of it is left to chance. It is never shorter than what the
// warehouse's system asked for.
func (d *dispatcher) delay(attempt int64, failure error) time.Duration {
	delay := pace.Backoff(d.config.Dispatch.FirstDelay, d.config.Dispatch.MaxDelay, int(attempt))
	if asked, ok := fault.As(failure); ok {
		delay = max(delay, asked.RetryAfter)
	}
	return delay
}

// answers are what became of a page of errands.
type answers struct {
	done, failed []store.Errand
	commands     []domain.Command
	// failure is why some of it failed; nil when nothing did.
	failure error
}
