package operations

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/pace"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/operations/internal/domain"
	"github.com/waybill-dev/waybill/services/operations/internal/store"
)

const (
	// reconcilePoll is how often it is looked for whether a reconciliation is due or was asked for elsewhere.
	reconcilePoll = 2 * time.Second
	// reconcileTime bounds one reconciliation.
	reconcileTime = time.Hour
)

// reconcile makes the reconciliations that are due or were asked for, one after the other, in the replica that owns the first shard,
// until ctx ends.
func (s *Service) reconcile(ctx context.Context) error {
	if len(s.source.books) == 0 {
		<-ctx.Done()
		return nil
	}
	wake, stop := s.db.Listen(store.TopicReconcile)
	defer stop()
	for ctx.Err() == nil {
		changed := s.owner.Changed()
		more, err := s.reconcileOnce(ctx)
		if err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "reconciliation not made", "error", err)
		}
		if !more || err != nil {
			pace.Wait(ctx, reconcilePoll, wake, changed)
		}
	}
	return nil
}

// reconcileOnce makes one reconciliation, where there is one to make.
func (s *Service) reconcileOnce(ctx context.Context) (more bool, err error) {
	leases := s.owner.Leases().Only(0)
	if !leases.Holds(0) {
		return false, nil
	}
	run, err := s.takeRun(ctx, leases)
	if err != nil || run == nil {
		return false, err
	}
	bounded, cancel := context.WithTimeout(ctx, reconcileTime)
	defer cancel()
	begun := time.Now()
	looks, results := s.lookAtBooks(bounded)
	if ctx.Err() != nil {
		return false, ctx.Err() // whoever comes next makes it anew
	}
	run.Results = results
	if err := s.endRun(ctx, leases, run, looks); err != nil {
		return false, err
	}
	s.books.reconciled(time.Since(begun), results)
	return true, nil
}

// takeRun gives the reconciliation that is to be made now, nil when there is none.
func (s *Service) takeRun(ctx context.Context, leases shard.Leases) (*domain.Run, error) {
	now := s.now()
	return database.Tx(ctx, s.db, "take_reconciliation", func(tx database.Transaction) (*domain.Run, error) {
		if err := leases.Check(ctx, tx); err != nil {
			return nil, err
		}
		run, last, err := store.NextRun(ctx, tx)
		if err != nil {
			return nil, err
		}
		if run == nil {
			if now.Sub(last) < s.config.ReconcileEvery {
				return nil, nil
			}
			run = &domain.Run{ID: id.New(), Trigger: domain.Scheduled, RequestedAt: now}
			if err := store.AddRun(ctx, tx, *run); err != nil {
				return nil, err
			}
		}
		run.State, run.StartedAt = domain.RunRunning, now
		return run, store.BeginRun(ctx, tx, run.ID, now)
	})
}

// endRun stores what a reconciliation found, and tells it.
func (s *Service) endRun(ctx context.Context, leases shard.Leases, run *domain.Run, looks []domain.Look) error {
	var equations []string
	var ids []uuid.UUID
	for _, look := range looks {
		equations = append(equations, look.Equation)
		for _, one := range look.Breaks {
			ids = append(ids, breakID(one.Key()))
		}
	}
	ended, err := database.Tx(ctx, s.db, "end_reconciliation", func(tx database.Transaction) (domain.Run, error) {
		ended := *run
		if err := leases.Check(ctx, tx); err != nil {
			return ended, err
		}
		known, err := store.LockBreaks(ctx, tx, equations, ids)
		if err != nil {
			return ended, err
		}
		book := domain.BreakBook{Now: s.now(), NewID: breakID}
		book.Load(known)
		for _, look := range looks {
			book.Take(look)
		}
		if err := store.SaveBreaks(ctx, tx, book.Changed()); err != nil {
			return ended, err
		}
		ended.State, ended.FinishedAt, ended.Found, ended.Closed = domain.RunDone, book.Now, book.Found, book.Closed
		if ended.Open, err = store.CountOpen(ctx, tx); err != nil {
			return ended, err
		}
		if err := store.EndRun(ctx, tx, ended); err != nil {
			return ended, err
		}
		return ended, tellReconciliation(ctx, tx, &ended, book.Notices)
	})
	if err == nil {
		*run = ended
	}
	return err
}

func breakID(key string) uuid.UUID { return id.Derive(breakIDs, key) }
