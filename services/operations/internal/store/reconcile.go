package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/operations/internal/domain"
)

// TopicReconcile wakes who makes reconciliations.
const TopicReconcile = "reconciliation"

// AddRun stores a reconciliation that waits for its turn. One that is there already stays as it is.
func AddRun(ctx context.Context, tx database.Transaction, run domain.Run) error {
	_, err := New(tx).AddReconciliation(ctx, AddReconciliationParams{
		ReconciliationID: run.ID, Cause: string(run.Trigger), RequestedBy: run.RequestedBy, RequestedAt: run.RequestedAt,
	})
	if err != nil {
		return fmt.Errorf("add reconciliation: %w", err)
	}
	tx.Notify(TopicReconcile)
	return nil
}

// NextRun gives the reconciliation that is to be made, nil when there is none, and when one was asked for or due last.
func NextRun(ctx context.Context, tx database.Transaction) (*domain.Run, time.Time, error) {
	queries := New(tx)
	last, err := queries.LastReconciliationAt(ctx)
	if err != nil {
		return nil, last, fmt.Errorf("last reconciliation: %w", err)
	}
	rows, err := queries.NextReconciliation(ctx)
	if err != nil || len(rows) == 0 {
		return nil, last, err
	}
	run, err := toRun(rows[0])
	return &run, last, err
}

// BeginRun notes that somebody is at work on a reconciliation.
func BeginRun(ctx context.Context, tx database.Transaction, id uuid.UUID, at time.Time) error {
	return New(tx).BeginReconciliation(ctx, BeginReconciliationParams{StartedAt: at, ReconciliationID: id})
}

// EndRun stores what became of a reconciliation.
func EndRun(ctx context.Context, tx database.Transaction, run domain.Run) error {
	results, err := json.Marshal(run.Results)
	if err != nil {
		return err
	}
	return New(tx).EndReconciliation(ctx, EndReconciliationParams{
		ReconciliationID: run.ID, FinishedAt: run.FinishedAt, Results: results, BreaksFound: run.Found, BreaksClosed: run.Closed,
		BreaksOpen: run.Open,
	})
}

// GetRun gives a reconciliation; none when there is no such.
func GetRun(ctx context.Context, db DBTX, id uuid.UUID) ([]domain.Run, error) {
	rows, err := New(db).GetReconciliation(ctx, id)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	return toRuns(rows)
}

// ListRuns gives the reconciliations before one, the newest first.
func ListRuns(ctx context.Context, db DBTX, beforeAt time.Time, beforeID uuid.UUID, limit int) ([]domain.Run, error) {
	rows, err := New(db).ListReconciliations(ctx, ListReconciliationsParams{BeforeAt: beforeAt, BeforeID: beforeID, PageLimit: int32(limit)})
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	return toRuns(rows)
}

func toRuns(rows []Reconciliation) ([]domain.Run, error) {
	runs := make([]domain.Run, 0, len(rows))
	for _, row := range rows {
		run, err := toRun(row)
		if err != nil {
			return nil, err
		}
		runs = append(runs, run)
	}
	return runs, nil
}

func toRun(row Reconciliation) (domain.Run, error) {
	run := domain.Run{
		ID: row.ReconciliationID, State: domain.RunState(row.State), Trigger: domain.Trigger(row.Cause), RequestedBy: row.RequestedBy,
		RequestedAt: row.RequestedAt, Found: row.BreaksFound, Closed: row.BreaksClosed, Open: row.BreaksOpen,
	}
	if run.State != domain.RunWaiting {
		run.StartedAt = row.StartedAt
	}
	if run.State == domain.RunDone {
		run.FinishedAt = row.FinishedAt
	}
	if err := json.Unmarshal(row.Results, &run.Results); err != nil {
		return run, fmt.Errorf("results of reconciliation %s: %w", row.ReconciliationID, err)
	}
	return run, nil
}

// OpenBreaks counts what is open of one rule with one repair.
type OpenBreaks struct {
	Equation, Repair string
	Breaks           int64
	Oldest           time.Time
}

// MeasureBreaks counts the open breaks, and gives the end of the last reconciliation; the year 1: there was none.
func MeasureBreaks(ctx context.Context, db DBTX) ([]OpenBreaks, time.Time, error) {
	queries := New(db)
	rows, err := queries.CountOpenBreaks(ctx)
	if err != nil {
		return nil, time.Time{}, database.Fault(ctx, err)
	}
	open := make([]OpenBreaks, 0, len(rows))
	for _, row := range rows {
		open = append(open, OpenBreaks(row))
	}
	last, err := queries.LastReconciliationDone(ctx)
	return open, last, database.Fault(ctx, err)
}

// CountOpen counts the open breaks.
func CountOpen(ctx context.Context, tx database.Transaction) (int64, error) {
	rows, err := New(tx).CountOpenBreaks(ctx)
	var open int64
	for _, row := range rows {
		open += row.Breaks
	}
	return open, err
}
