package backoffice

import (
	"context"
	"log/slog"
	"time"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/pace"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/backoffice/internal/domain"
	"github.com/waybill-dev/waybill/services/backoffice/internal/store"
)

// drainer posts what is queued. It belongs to one goroutine, so documents of one order never overtake each other.
type drainer struct {
	*Service
	// failures in a row, and until when no further call is made because of them.
	failures    int
	pausedUntil time.Time
}

// drain posts what is queued until ctx ends.
func (s *Service) drain(ctx context.Context) error {
	wake, stop := s.db.Listen(store.TopicPost)
	defer stop()
	d := &drainer{Service: s}
	for ctx.Err() == nil {
		changed := s.owner.Changed()
		begun := time.Now()
		more, err := d.pass(ctx, s.owner.Leases())
		if err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "documents not posted to the ERP", slog.Any("error", err))
		}
		pace.Sleep(ctx, s.config.Pace-time.Since(begun))
		switch wait := time.Until(d.pausedUntil); {
		case wait > 0:
			pace.Wait(ctx, wait, nil, changed)
		case !more || err != nil:
			pace.Wait(ctx, s.config.Poll, wake, changed)
		}
	}
	return nil
}

// pass posts one set of what may go, and reports whether there may be more. What is marked as sent before the call is asked for before
// it is sent again, should this process or the answer be lost.
func (d *drainer) pass(ctx context.Context, leases shard.Leases) (more bool, err error) {
	if leases.Empty() || time.Now().Before(d.pausedUntil) {
		return false, nil
	}
	heads, err := store.FindHeadPosts(ctx, d.db.Pool(), leases, d.config.Batch)
	if err != nil || len(heads) == 0 {
		return false, err
	}
	heads = domain.Fit(heads, d.config.Batch, mostBytes)
	leases = leases.Only(shardsOf(heads)...)
	contents, err := database.Tx(ctx, d.db, "posts_sent", func(tx database.Transaction) (map[string][]byte, error) {
		if err := leases.Check(ctx, tx); err != nil {
			return nil, err
		}
		return store.MarkPostsSent(ctx, tx, heads)
	})
	if err != nil {
		return false, err
	}
	came := d.tell(ctx, heads, contents)
	if err := d.settle(ctx, leases, came); err != nil {
		return false, err
	}
	d.pace(came.failure)
	return true, came.failure
}

func shardsOf(heads []domain.Head) []int32 {
	var shards []int32
	seen := map[int32]bool{}
	for _, head := range heads {
		if !seen[head.Shard] {
			seen[head.Shard] = true
			shards = append(shards, head.Shard)
		}
	}
	return shards
}

// settle stores what came of a call and tells it, behind the fence.
func (d *drainer) settle(ctx context.Context, leases shard.Leases, came told) error {
	if len(came.answers)+len(came.unsent) == 0 {
		return nil
	}
	now := d.now()
	_, err := database.Tx(ctx, d.db, "posts_settled", func(tx database.Transaction) (struct{}, error) {
		if err := leases.Check(ctx, tx); err != nil {
			return struct{}{}, err
		}
		if err := store.MarkPostsUnsent(ctx, tx, came.unsent); err != nil {
			return struct{}{}, err
		}
		told, err := store.Settle(ctx, tx, came.answers)
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, outbox.Add(ctx, tx, answerEvents(told, now)...)
	})
	if err == nil {
		d.metrics.count(came.answers)
	}
	return err
}

// pace stops the drain for a while after a call without an answer: what comes next would fare no better.
func (d *drainer) pace(failure error) {
	if failure == nil {
		d.failures, d.pausedUntil = 0, time.Time{}
		return
	}
	d.failures++
	delay := pace.Backoff(d.config.FirstDelay, d.config.MaxDelay, d.failures)
	if asked, ok := fault.As(failure); ok && asked.RetryAfter > 0 {
		delay = asked.RetryAfter // whoever holds us back knows better
	}
	d.pausedUntil = time.Now().Add(delay)
}
