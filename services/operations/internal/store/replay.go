package store

import (
	"context"
	"fmt"
	"time"

	"github.com/waybill-dev/waybill/internal/database"
)

// ArchiveFilter chooses events of the archive. At most one of EventID, Aggregate and Order is set.
type ArchiveFilter struct {
	EventID string
	// Kind and Aggregate name one aggregate.
	Kind, Aggregate string
	Order           string
	// Kinds are the kinds of aggregates of which events are wanted. Types: none for all.
	Kinds, Types []string
	// From and Before bound when events were recorded.
	From, Before time.Time
	// After is the place where the last page ended.
	After ArchivePlace
}

// ArchivePlace is where an event stands in the archive: by its recording, and by its id within the same moment.
type ArchivePlace struct {
	RecordedAt time.Time
	EventID    string
}

// MaxScan is how many events one page looks at.
const MaxScan = 10_000

// PageArchive gives at most limit events after the filter's place, in the order of recording, and the place where the page ended
// where there may be more: of a range, that may come before the page is full.
func PageArchive(ctx context.Context, db DBTX, filter ArchiveFilter, limit int) ([]Archived, *ArchivePlace, error) {
	rows, end, err := pageArchive(ctx, New(db), filter, limit+1)
	if err != nil {
		return nil, nil, database.Fault(ctx, fmt.Errorf("archive: %w", err))
	}
	events := make([]Archived, 0, len(rows))
	for _, row := range rows {
		events = append(events, Archived{
			Kind: row.Kind, Aggregate: row.Aggregate, EventID: row.EventID, EventType: row.EventType, Sequence: row.Sequence,
			Shard: int32(row.Shard), StreamSequence: uint64(row.StreamSequence), RecordedAt: row.RecordedAt, Envelope: row.Envelope,
		})
	}
	if len(events) > limit {
		events = events[:limit]
		end = &ArchivePlace{RecordedAt: events[limit-1].RecordedAt, EventID: events[limit-1].EventID}
	}
	return events, end, nil
}

func pageArchive(ctx context.Context, queries *Queries, f ArchiveFilter, limit int) (rows []ArchivedEvent, end *ArchivePlace, err error) {
	switch {
	case f.Aggregate != "":
		rows, err = queries.PageArchivedOfAggregate(ctx, PageArchivedOfAggregateParams{
			Kind: f.Kind, Aggregate: f.Aggregate, RecordedFrom: f.From, RecordedBefore: f.Before, AfterAt: f.After.RecordedAt,
			AfterID: f.After.EventID, OfTypes: len(f.Types) > 0, EventTypes: f.Types, PageLimit: int32(limit),
		})
		return rows, nil, err
	case f.Order != "":
		rows, err = queries.PageArchivedOfOrder(ctx, PageArchivedOfOrderParams{
			OrderID: f.Order, RecordedFrom: f.From, RecordedBefore: f.Before, AfterAt: f.After.RecordedAt, AfterID: f.After.EventID,
			Kinds: f.Kinds, OfTypes: len(f.Types) > 0, EventTypes: f.Types, PageLimit: int32(limit),
		})
		return rows, nil, err
	}
	upTo := ArchivePlace{RecordedAt: f.Before}
	beyond, err := queries.ArchivedPlace(ctx, ArchivedPlaceParams{
		RecordedFrom: f.From, RecordedBefore: f.Before, AfterAt: f.After.RecordedAt, AfterID: f.After.EventID, Beyond: MaxScan - 1,
	})
	if err != nil {
		return nil, nil, err
	}
	if len(beyond) > 0 {
		upTo = ArchivePlace{RecordedAt: beyond[0].RecordedAt, EventID: beyond[0].EventID}
		end = &upTo
	}
	rows, err = queries.PageArchived(ctx, PageArchivedParams{
		RecordedFrom: f.From, RecordedBefore: f.Before, AfterAt: f.After.RecordedAt, AfterID: f.After.EventID,
		UpToAt: upTo.RecordedAt, UpToID: upTo.EventID, Kinds: f.Kinds, OfTypes: len(f.Types) > 0, EventTypes: f.Types,
		EventID: f.EventID, PageLimit: int32(limit),
	})
	return rows, end, err
}
