package store

import (
	"context"
	"time"

	"github.com/waybill-dev/waybill/internal/database"
)

// Measured is what there is to measure of exceptions.
type Measured struct {
	Open []SummarizeOpenRow
	// Overdue counts, by queue, what should be resolved by now.
	Overdue  []CountOverdueRow
	Resolved []ListResolvedBetweenRow
	// Awaited counts the shipments that are not invoiced, of which the oldest left at OldestAwaited.
	Awaited       int64
	OldestAwaited time.Time
}

// Measure counts what is open, and gives what was resolved from since on and before until.
func Measure(ctx context.Context, db DBTX, since, until, now time.Time) (Measured, error) {
	queries := New(db)
	open, err := queries.SummarizeOpen(ctx)
	if err != nil {
		return Measured{}, database.Fault(ctx, err)
	}
	overdue, err := queries.CountOverdue(ctx, now)
	if err != nil {
		return Measured{}, database.Fault(ctx, err)
	}
	resolved, err := queries.ListResolvedBetween(ctx, ListResolvedBetweenParams{Since: since, Before: until})
	if err != nil {
		return Measured{}, database.Fault(ctx, err)
	}
	awaited, err := queries.SummarizeAwaited(ctx, now)
	if err != nil {
		return Measured{}, database.Fault(ctx, err)
	}
	return Measured{
		Open: open, Overdue: overdue, Resolved: resolved, Awaited: awaited.Shipments, OldestAwaited: awaited.Oldest,
	}, nil
}
