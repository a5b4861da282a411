// Package store keeps the events, the timelines and the exceptions.
package store

import (
	"context"
	"fmt"
	"time"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/operations/internal/domain"
)

// Archived is an event as it is kept.
type Archived struct {
	Kind, Aggregate, EventID, EventType string
	Sequence                            int64
	Shard                               int32
	StreamSequence                      uint64
	RecordedAt                          time.Time
	Envelope                            []byte
}

// Archive keeps events. One that is kept already stays as it is.
func Archive(ctx context.Context, tx database.Transaction, events []Archived) error {
	if len(events) == 0 {
		return nil
	}
	var p ArchiveEventsParams
	for _, e := range events {
		p.Kinds, p.Aggregates, p.Sequences = append(p.Kinds, e.Kind), append(p.Aggregates, e.Aggregate), append(p.Sequences, e.Sequence)
		p.EventIds, p.EventTypes = append(p.EventIds, e.EventID), append(p.EventTypes, e.EventType)
		p.Shards, p.StreamSequences = append(p.Shards, int64(e.Shard)), append(p.StreamSequences, int64(e.StreamSequence))
		p.RecordedAts, p.Envelopes = append(p.RecordedAts, e.RecordedAt), append(p.Envelopes, e.Envelope)
	}
	if err := New(tx).ArchiveEvents(ctx, p); err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	return nil
}

// Forget deletes at most limit of the events that were recorded before a moment, and says how many.
func Forget(ctx context.Context, tx database.Transaction, before time.Time, limit int) (int, error) {
	forgotten, err := New(tx).ForgetArchived(ctx, ForgetArchivedParams{Before: before, PageLimit: int32(limit)})
	if err != nil {
		return 0, fmt.Errorf("forget: %w", err)
	}
	return int(forgotten), nil
}

// SaveThreads adds to the timelines. What is there already stays.
func SaveThreads(ctx context.Context, tx database.Transaction, threads domain.Threads) error {
	if len(threads.Events) == 0 {
		return nil
	}
	queries := New(tx)
	if err := saveEvents(ctx, queries, threads.Events); err != nil {
		return err
	}
	if err := saveOrders(ctx, queries, threads.Orders); err != nil {
		return err
	}
	added, err := saveLinks(ctx, queries, threads.Links)
	if err != nil {
		return err
	}
	if len(threads.Mentions) > 0 {
		var p AddMentionsParams
		for _, m := range threads.Mentions {
			p.ObjectIds, p.EventIds = append(p.ObjectIds, m.Object), append(p.EventIds, m.Event)
		}
		if err := queries.AddMentions(ctx, p); err != nil {
			return fmt.Errorf("mentions: %w", err)
		}
	}
	if len(threads.Entries) > 0 {
		var p AddEntriesParams
		for _, e := range threads.Entries {
			p.OrderIds, p.RecordedAts, p.EventIds = append(p.OrderIds, e.Order), append(p.RecordedAts, e.RecordedAt), append(p.EventIds, e.Event)
		}
		if err := queries.AddEntries(ctx, p); err != nil {
			return fmt.Errorf("entries: %w", err)
		}
	}
	touched := threads.Touched(added)
	if len(touched) == 0 {
		return nil
	}
	if err := queries.AddMentionedEntries(ctx, touched); err != nil {
		return fmt.Errorf("mentioned entries: %w", err)
	}
	return nil
}

func saveEvents(ctx context.Context, queries *Queries, events []domain.Event) error {
	var p AddTimelineEventsParams
	for _, e := range events {
		p.EventIds, p.EventTypes = append(p.EventIds, e.ID), append(p.EventTypes, e.Type)
		p.Kinds, p.Aggregates, p.Sequences = append(p.Kinds, e.Kind), append(p.Aggregates, e.Aggregate), append(p.Sequences, e.Sequence)
		p.OccurredAts, p.RecordedAts = append(p.OccurredAts, e.OccurredAt), append(p.RecordedAts, e.RecordedAt)
		p.CausationIds, p.CauseTypes = append(p.CausationIds, e.CausationID), append(p.CauseTypes, e.CauseType)
		p.CauseAggregates, p.Actors = append(p.CauseAggregates, e.CauseAggregate), append(p.Actors, e.Actor)
		p.Sentences, p.ForPartners = append(p.Sentences, e.Sentence), append(p.ForPartners, e.ForPartners)
	}
	if err := queries.AddTimelineEvents(ctx, p); err != nil {
		return fmt.Errorf("timeline events: %w", err)
	}
	return nil
}

func saveOrders(ctx context.Context, queries *Queries, orders []domain.KnownOrder) error {
	if len(orders) == 0 {
		return nil
	}
	var p AddKnownOrdersParams
	for _, o := range orders {
		p.OrderIds, p.PartnerIds, p.Channels = append(p.OrderIds, o.ID), append(p.PartnerIds, o.Partner), append(p.Channels, o.Channel)
		p.ExternalOrderIds, p.ReleaseNumbers = append(p.ExternalOrderIds, o.ExternalID), append(p.ReleaseNumbers, o.Release)
		p.AccountIds = append(p.AccountIds, o.Account)
	}
	if err := queries.AddKnownOrders(ctx, p); err != nil {
		return fmt.Errorf("known orders: %w", err)
	}
	return nil
}

// saveLinks gives the links that are new.
func saveLinks(ctx context.Context, queries *Queries, links []domain.Link) ([]domain.Link, error) {
	if len(links) == 0 {
		return nil, nil
	}
	var p AddLinksParams
	for _, l := range links {
		p.ObjectIds, p.OrderIds = append(p.ObjectIds, l.Object), append(p.OrderIds, l.Order)
	}
	rows, err := queries.AddLinks(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("links: %w", err)
	}
	added := make([]domain.Link, 0, len(rows))
	for _, row := range rows {
		added = append(added, domain.Link{Object: row.ObjectID, Order: row.OrderID})
	}
	return added, nil
}
