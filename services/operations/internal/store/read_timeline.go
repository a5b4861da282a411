package store

import (
	"context"
	"time"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/operations/internal/domain"
)

// Slice says which part of a timeline is wanted.
type Slice struct {
	Order string
	// KnownAt is the moment of which the knowledge is meant.
	KnownAt time.Time
	// AfterAt and AfterID are where the last page ended.
	AfterAt time.Time
	AfterID string
	// PartnersOnly leaves out what partners may not see.
	PartnersOnly bool
}

// PageTimeline gives at most limit events of a timeline in the order of recording.
func PageTimeline(ctx context.Context, db DBTX, slice Slice, limit int) ([]domain.Event, error) {
	rows, err := New(db).PageTimeline(ctx, PageTimelineParams{
		OrderID: slice.Order, KnownAt: slice.KnownAt, AfterAt: slice.AfterAt, AfterID: slice.AfterID,
		PartnersOnly: slice.PartnersOnly, PageLimit: int32(limit),
	})
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	events := make([]domain.Event, 0, len(rows))
	for _, row := range rows {
		events = append(events, domain.Event{
			ID: row.EventID, Type: row.EventType, Kind: row.Kind, Aggregate: row.Aggregate, Sequence: row.Sequence,
			OccurredAt: row.OccurredAt, RecordedAt: row.RecordedAt, CausationID: row.CausationID, CauseType: row.CauseType,
			CauseAggregate: row.CauseAggregate, Actor: row.Actor, Sentence: row.Sentence, ForPartners: row.ForPartners,
		})
	}
	return events, nil
}

// FindCauses gives, of the same timeline, the event that brought each one about, by the id of the latter.
func FindCauses(ctx context.Context, db DBTX, slice Slice, events []domain.Event) (map[string]string, error) {
	var p FindCausesParams
	for _, e := range events {
		switch {
		case e.CausationID != "":
			p.EventIds = append(p.EventIds, e.CausationID)
		case e.CauseAggregate != "":
			p.Aggregates = append(p.Aggregates, e.CauseAggregate)
		}
	}
	if len(p.EventIds)+len(p.Aggregates) == 0 {
		return nil, nil
	}
	p.OrderID, p.KnownAt, p.PartnersOnly = slice.Order, slice.KnownAt, slice.PartnersOnly
	rows, err := New(db).FindCauses(ctx, p)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	present, first := map[string]bool{}, map[[2]string]string{}
	for _, row := range rows {
		present[row.EventID] = true
		if key := [2]string{row.EventType, row.Aggregate}; first[key] == "" {
			first[key] = row.EventID
		}
	}
	causes := map[string]string{}
	for _, e := range events {
		cause := first[[2]string{e.CauseType, e.CauseAggregate}]
		if e.CausationID != "" {
			cause = ""
			if present[e.CausationID] {
				cause = e.CausationID
			}
		}
		if cause != "" && cause != e.ID {
			causes[e.ID] = cause
		}
	}
	return causes, nil
}

// FindOrder gives an order by its id, or the orders that have a number, of one partner unless that is empty. An order of which
// only later events are known has no more than its id.
func FindOrder(ctx context.Context, db DBTX, order, partner string) ([]domain.KnownOrder, error) {
	queries := New(db)
	rows, err := queries.FindKnownOrders(ctx, []string{order})
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	if len(rows) == 0 {
		rows, err = queries.FindKnownOrdersByNumber(ctx, FindKnownOrdersByNumberParams{ExternalOrderID: order, PartnerID: partner})
		if err != nil {
			return nil, database.Fault(ctx, err)
		}
	}
	var found []domain.KnownOrder
	for _, row := range rows {
		if partner == "" || row.PartnerID == partner {
			found = append(found, domain.KnownOrder{
				ID: row.OrderID, Partner: row.PartnerID, Channel: row.Channel, ExternalID: row.ExternalOrderID,
				Release: row.ReleaseNumber, Account: row.AccountID,
			})
		}
	}
	if len(found) > 0 || partner != "" {
		return found, nil
	}
	known, err := queries.OrderHasEntries(ctx, order)
	if err != nil {
		return nil, database.Fault(ctx, err)
	}
	if known {
		found = append(found, domain.KnownOrder{ID: order})
	}
	return found, nil
}
