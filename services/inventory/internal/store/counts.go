package store

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
)

// CountSheet is stock that somebody goes and counts.
type CountSheet struct {
	ID        uuid.UUID
	Node      domain.NodeID
	Reference string
	StartedAt time.Time
	Lines     []CountLine
}

// CountLine is one thing to count, with its newest result.
type CountLine struct {
	SKU domain.SKU
	Lot string
	// Expected is what the ledger said when the count was started.
	Expected            int64
	Recorded            bool
	Counted, Difference int64
	// CountedAt is zero before a result has come; Refused says why it was not taken.
	CountedAt time.Time
	Refused   string
}

// InsertCount stores a new count.
func InsertCount(ctx context.Context, tx database.Transaction, count *CountSheet) error {
	err := New(tx).InsertCount(ctx, InsertCountParams{
		ID: count.ID, NodeID: string(count.Node), Reference: count.Reference, StartedAt: count.StartedAt,
	})
	if err != nil {
		return err
	}
	return StoreCountLines(ctx, tx, count)
}

// StoreCountLines stores the lines of a count with their results.
func StoreCountLines(ctx context.Context, tx database.Transaction, count *CountSheet) error {
	set := SaveCountLinesParams{CountID: count.ID}
	for i, line := range count.Lines {
		set.Positions = append(set.Positions, int64(i+1))
		set.Skus = append(set.Skus, string(line.SKU))
		set.Lots = append(set.Lots, line.Lot)
		set.Expected = append(set.Expected, line.Expected)
		set.Recorded = append(set.Recorded, line.Recorded)
		set.Counted = append(set.Counted, line.Counted)
		set.Differences = append(set.Differences, line.Difference)
		set.CountedAt = append(set.CountedAt, line.CountedAt)
		set.Refused = append(set.Refused, line.Refused)
	}
	return New(tx).SaveCountLines(ctx, set)
}

// ReadCount gives a count, and nil where there is none.
func ReadCount(ctx context.Context, db DBTX, id uuid.UUID) (*CountSheet, error) {
	rows, err := New(db).ReadCount(ctx, id)
	if err != nil || len(rows) == 0 {
		return nil, database.Fault(ctx, err)
	}
	count := &CountSheet{
		ID: id, Node: domain.NodeID(rows[0].NodeID), Reference: rows[0].Reference, StartedAt: rows[0].StartedAt,
	}
	lines, err := New(db).CountLines(ctx, id)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	for _, line := range lines {
		count.Lines = append(count.Lines, CountLine{
			SKU: domain.SKU(line.Sku), Lot: line.Lot, Expected: line.Expected, Recorded: line.Recorded, Counted: line.Counted,
			Difference: line.Difference, CountedAt: line.CountedAt.Time, Refused: line.Refused,
		})
	}
	return count, nil
}

// CountSummary is a count without its lines.
type CountSummary struct {
	CountSheet
	// Total is how many lines there are; Recorded have a result in the books, Refused one that was not taken.
	Total, Recorded, Refused int64
}

// ListCountsBefore gives at most limit counts, the newest first, that were started before the id: those of the place, if it is
// named, and if openOnly, those with lines without a result in the books.
func ListCountsBefore(
	ctx context.Context, db DBTX, node domain.NodeID, openOnly bool, before uuid.UUID, limit int,
) ([]CountSummary, error) {
	rows, err := New(db).ListCounts(ctx, ListCountsParams{
		BeforeID: before, NodeID: string(node), OpenOnly: openOnly, PageLimit: int32(limit),
	})
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	ids := make([]uuid.UUID, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
	}
	known, err := New(db).CountProgress(ctx, ids)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	progress := make(map[uuid.UUID]CountProgressRow, len(known))
	for _, row := range known {
		progress[row.CountID] = row
	}
	counts := make([]CountSummary, len(rows))
	for i, row := range rows {
		at := progress[row.ID]
		counts[i] = CountSummary{
			CountSheet: CountSheet{ID: row.ID, Node: domain.NodeID(row.NodeID), Reference: row.Reference, StartedAt: row.StartedAt},
			Total:      at.Lines, Recorded: at.Recorded, Refused: at.Refused,
		}
	}
	return counts, nil
}
