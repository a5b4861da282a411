// Package store keeps the events and the exceptions.
package store

import (
	"context"
	"fmt"
	"time"

	"github.com/waybill-dev/waybill/internal/database"
)

// Segment is a set of events as it is kept.
type Segment struct {
	// Number is its place in the archive. The store gives it.
	Number int64
	// First and Last are the earliest and the latest moment at which one of its events was recorded.
	First, Last time.Time
	Events      int
	Content     []byte
}

// Append puts a segment behind all others, to be found under names.
func Append(ctx context.Context, tx database.Transaction, segment Segment, names []string) error {
	queries := New(tx)
	last, err := queries.LastSegment(ctx)
	if err != nil {
		return fmt.Errorf("last segment: %w", err)
	}
	err = queries.AddSegment(ctx, AddSegmentParams{
		Segment: last + 1, FirstRecordedAt: segment.First, LastRecordedAt: segment.Last, Events: int64(segment.Events), Content: segment.Content,
	})
	if err != nil {
		return fmt.Errorf("add segment: %w", err)
	}
	_, err = Link(ctx, tx, last+1, names)
	return err
}

// Link lets a segment be found under names, and says under how many it was not.
func Link(ctx context.Context, tx database.Transaction, number int64, names []string) (int64, error) {
	if len(names) == 0 {
		return 0, nil
	}
	missing, err := New(tx).AddLinks(ctx, AddLinksParams{Names: names, Segment: number})
	if err != nil {
		return 0, fmt.Errorf("link: %w", err)
	}
	return missing, nil
}

// Contents gives the contents of the segments that are found under one of the names, in their order.
func Contents(ctx context.Context, db DBTX, names []string) ([][]byte, error) {
	rows, err := New(db).FindSegments(ctx, names)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	contents := make([][]byte, 0, len(rows))
	for _, row := range rows {
		contents = append(contents, row.Content)
	}
	return contents, nil
}

// Segments gives at most limit segments behind one, in their order.
func Segments(ctx context.Context, db DBTX, after int64, limit int) ([]Segment, error) {
	rows, err := New(db).PageSegments(ctx, PageSegmentsParams{After: after, PageLimit: int32(limit)})
	return segmentsOf(rows), database.Fault(ctx, err)
}

// SegmentsOfRange gives at most limit segments from one on, in their order, with events that may have been recorded in a range.
func SegmentsOfRange(ctx context.Context, db DBTX, first int64, from, before time.Time, limit int) ([]Segment, error) {
	rows, err := New(db).PageSegmentsOfRange(ctx, PageSegmentsOfRangeParams{
		First: first, RecordedFrom: from, RecordedBefore: before, PageLimit: int32(limit),
	})
	return segmentsOf(rows), database.Fault(ctx, err)
}

func segmentsOf(rows []EventSegment) []Segment {
	segments := make([]Segment, 0, len(rows))
	for _, row := range rows {
		segments = append(segments, Segment{
			Number: row.Segment, First: row.FirstRecordedAt, Last: row.LastRecordedAt, Events: int(row.Events), Content: row.Content,
		})
	}
	return segments
}

// Linked gives the names of those given under which a segment is found.
func Linked(ctx context.Context, db DBTX, number int64, names []string) ([]string, error) {
	found, err := New(db).ListLinks(ctx, ListLinksParams{Segment: number, Names: names})
	return found, database.Fault(ctx, err)
}

// Forget deletes a segment that is found under names and nothing else, and says whether it was there.
func Forget(ctx context.Context, tx database.Transaction, number int64, names []string) (bool, error) {
	queries := New(tx)
	if err := queries.DeleteLinks(ctx, DeleteLinksParams{Segment: number, Names: names}); err != nil {
		return false, fmt.Errorf("delete links: %w", err)
	}
	forgotten, err := queries.DeleteSegment(ctx, number)
	if err != nil {
		return false, fmt.Errorf("delete segment: %w", err)
	}
	return forgotten > 0, nil
}

// CountEvents counts what is kept.
func CountEvents(ctx context.Context, db *database.DB) (int64, error) {
	events, err := New(db.Pool()).CountEvents(ctx)
	return events, database.Fault(ctx, err)
}

// TakenBefore gives the events of those given that have counted already.
func TakenBefore(ctx context.Context, tx database.Transaction, events []string) (map[string]bool, error) {
	found, err := New(tx).FindTroubleEvents(ctx, events)
	if err != nil {
		return nil, fmt.Errorf("trouble events: %w", err)
	}
	taken := make(map[string]bool, len(found))
	for _, event := range found {
		taken[event] = true
	}
	return taken, nil
}

// MarkTaken notes that events have counted.
func MarkTaken(ctx context.Context, tx database.Transaction, events []string) error {
	if len(events) == 0 {
		return nil
	}
	if err := New(tx).AddTroubleEvents(ctx, events); err != nil {
		return fmt.Errorf("trouble events: %w", err)
	}
	return nil
}
