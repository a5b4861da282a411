package wms

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/pace"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/connector/wms/internal/domain"
	"github.com/waybill-dev/waybill/services/connector/wms/internal/store"
)

const (
	// scanSlack is how far scans stay behind now: the clocks' difference and the longest transaction together.
	scanSlack = time.Minute
	// fullScan is how often a scan begins at the very first row all the same.
	fullScan = 30 * time.Second
)

// worker does what is due. It belongs to one goroutine.
type worker struct {
	*Service
	leases shard.Leases
	// lower is before everything that is known to wait, up to the next full scan.
	lower, fullAt time.Time
}

// work does what is due until ctx ends, in rounds that are at least the pace apart.
func (s *Service) work(ctx context.Context) error {
	wake, stop := s.db.Listen(store.TopicWork)
	defer stop()
	w := &worker{Service: s}
	for ctx.Err() == nil {
		changed := s.owner.Changed()
		begun := time.Now()
		wait, err := w.round(ctx, s.owner.Leases())
		if err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "warehouse round failed", slog.Any("error", err))
		}
		pace.Sleep(ctx, s.config.Pace-time.Since(begun))
		pace.Wait(ctx, wait-time.Since(begun), wake, changed)
	}
	return nil
}

// round reports what is due and moves it on, and tells how long after its beginning there is something to do again.
func (w *worker) round(ctx context.Context, leases shard.Leases) (time.Duration, error) {
	if leases.Empty() {
		return w.config.Poll, nil
	}
	now := w.now()
	if leases != w.leases || now.After(w.fullAt) {
		w.leases, w.lower, w.fullAt = leases, time.Unix(0, 0), now.Add(fullScan)
	}
	tasks, err := store.FindDue(ctx, w.db.Pool(), leases, w.lower, now, w.config.Batch)
	if err != nil {
		return w.config.Poll, err
	}
	if len(tasks) > 0 {
		done := w.report(ctx, tasks, now)
		if err := w.settle(ctx, leases, done); err != nil {
			w.lower = time.Unix(0, 0)
			return w.config.Poll, err
		}
	}
	if len(tasks) == w.config.Batch {
		return 0, nil
	}
	w.lower = now.Add(-scanSlack)
	next, err := store.NextDue(ctx, w.db.Pool(), leases, w.lower)
	if err != nil || next.IsZero() {
		return w.config.Poll, err
	}
	return min(w.config.Poll, next.Sub(now)), nil
}

// settle stores what follows from the reports, behind the fence.
func (w *worker) settle(ctx context.Context, leases shard.Leases, done reported) error {
	now := w.now()
	_, err := database.Tx(ctx, w.db, "warehouse_round", func(tx database.Transaction) (struct{}, error) {
		if err := leases.Check(ctx, tx); err != nil {
			return struct{}{}, err
		}
		advances, ended, err := w.plan(ctx, tx, done.recorded, now)
		if err != nil {
			return struct{}{}, err
		}
		if err := store.AdvanceOrders(ctx, tx, advances); err != nil {
			return struct{}{}, err
		}
		for kind, ids := range ended {
			if err := store.EndWork(ctx, tx, kind, ids); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, store.PostponeWork(ctx, tx, done.failed, func(attempt int64) time.Time {
			return now.Add(w.delay(attempt))
		})
	})
	return err
}

// plan gives the next step of each task whose report is recorded: packing what was picked, or nothing more.
func (w *worker) plan(
	ctx context.Context, tx database.Transaction, tasks []reportedTask, now time.Time,
) (advances []store.Advance, ended map[string][]uuid.UUID, err error) {
	cartons := 0
	for _, task := range tasks {
		if task.as == domain.StepPick {
			cartons += w.packing.Cartons(task.Order)
		}
	}
	serial, err := store.TakeSerials(ctx, tx, w.packing.CompanyPrefix, cartons)
	if err != nil {
		return nil, nil, err
	}
	ended = make(map[string][]uuid.UUID, 2)
	for _, task := range tasks {
		next, delay := w.delays.Next(task.as, task.Order)
		if next == domain.StepNone {
			ended[task.Kind] = append(ended[task.Kind], task.Order.ID)
			continue
		}
		advance := store.Advance{Order: task.Order.ID, Next: next, DueAt: now.Add(delay), Cartons: task.Cartons}
		if task.as == domain.StepPick {
			if advance.Cartons, err = w.packing.Pack(task.Order, serial); err != nil {
				return nil, nil, err
			}
			serial += int64(len(advance.Cartons))
		}
		advances = append(advances, advance)
	}
	return advances, ended, nil
}

// delay doubles with every attempt up to its bound, and half of it is left to chance.
func (w *worker) delay(attempt int64) time.Duration {
	return pace.Backoff(w.config.FirstDelay, w.config.MaxDelay, int(attempt))
}
