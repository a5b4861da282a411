package operations

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/internal/invariant"
	"github.com/waybill-dev/waybill/services/operations/internal/store"
)

// Checks are the rules that the tables of this service follow at any time.
func Checks() []invariant.Check {
	return []invariant.Check{
		{
			Name: "operations.archive", Rule: "the archive has no gaps: every sequence after an aggregate's first kept one",
			Description: "An event was lost, or forgotten before its time.",
			Run:         checkGaps, Examined: store.CountEvents,
		},
		{
			Name: "operations.links", Rule: "a segment of the archive is found under every order and thing that its events name",
			Description: "An order's timeline lacks an event that names it or something of it.",
			Run:         checkLinks, Examined: invariant.Count("event_link"),
		},
		{
			Name: "operations.exceptions", Rule: "an exception's steps are numbered 1 to their count, and it is open unless it is resolved",
			Description: "The history of an exception has a gap, or its state contradicts itself.",
			Run:         invariant.Query(store.CheckExceptions), Examined: invariant.Count("exception"),
		},
	}
}

// checkGaps finds aggregates whose kept events are not one after the other.
func checkGaps(ctx context.Context, db *database.DB) ([]invariant.Break, error) {
	type span struct {
		first, last int64
		kept        map[int64]bool
	}
	spans := map[string]*span{}
	err := eachSegment(ctx, db.Pool(), func(segment store.Segment) error {
		return unpack(segment.Content, nil, func(message inbox.Message) error {
			key := message.Kind + " " + message.Aggregate
			if spans[key] == nil {
				spans[key] = &span{first: message.Sequence, last: message.Sequence, kept: map[int64]bool{}}
			}
			s := spans[key]
			s.first, s.last = min(s.first, message.Sequence), max(s.last, message.Sequence)
			s.kept[message.Sequence] = true
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	var breaks []invariant.Break
	for _, key := range slices.Sorted(maps.Keys(spans)) {
		s := spans[key]
		if should := s.last - s.first + 1; should != int64(len(s.kept)) && len(breaks) < invariant.MaxBreaks {
			breaks = append(breaks, invariant.Break{
				Entity: key, Left: fmt.Sprintf("%d events should be kept", should), Right: fmt.Sprintf("%d are", len(s.kept)),
			})
		}
	}
	return breaks, nil
}

// checkLinks finds segments that are not found under what their events name.
func checkLinks(ctx context.Context, db *database.DB) ([]invariant.Break, error) {
	var breaks []invariant.Break
	err := eachSegment(ctx, db.Pool(), func(segment store.Segment) error {
		names, err := namesIn(segment)
		if err != nil {
			return err
		}
		found, err := store.Linked(ctx, db.Pool(), segment.Number, names)
		if err != nil {
			return err
		}
		slices.Sort(found)
		for _, name := range names {
			if _, ok := slices.BinarySearch(found, name); !ok && len(breaks) < invariant.MaxBreaks {
				breaks = append(breaks, invariant.Break{
					Entity: name, Left: fmt.Sprintf("events of segment %d name it", segment.Number), Right: "it is not found there",
				})
			}
		}
		return nil
	})
	return breaks, err
}

// segmentPage is how many segments are read at a time.
const segmentPage = 64

// eachSegment calls each with all segments in their order.
func eachSegment(ctx context.Context, db store.DBTX, each func(store.Segment) error) error {
	for after := int64(0); ; {
		page, err := store.Segments(ctx, db, after, segmentPage)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, segment := range page {
			if err := each(segment); err != nil {
				return err
			}
			after = segment.Number
		}
	}
}
