package operations

import (
	"context"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/services/operations/internal/domain"
	"github.com/waybill-dev/waybill/services/operations/internal/store"
)

// onEvents keeps the events of a set, puts them on the timelines of their orders, and books what of them needs a person.
func (s *Service) onEvents(ctx context.Context, tx database.Transaction, batch []inbox.Message) error {
	kept, facts := make([]store.Archived, 0, len(batch)), make([]domain.Fact, 0, len(batch))
	var troubles []domain.Trouble
	for _, message := range batch {
		kept = append(kept, archivedOf(message))
		facts = append(facts, factOf(s.words, message))
		troubles = append(troubles, troublesOf(message)...)
	}
	if err := store.Archive(ctx, tx, kept); err != nil {
		return err
	}
	if err := store.SaveThreads(ctx, tx, domain.Thread(facts)); err != nil {
		return err
	}
	if err := awaitInvoices(ctx, tx, batch); err != nil {
		return err
	}
	return s.take(ctx, tx, troubles)
}

func archivedOf(message inbox.Message) store.Archived {
	event := message.Event()
	return store.Archived{
		Kind: message.Kind, Aggregate: message.Aggregate, Sequence: message.Sequence, EventID: message.ID, EventType: message.Type,
		Shard: message.Shard, StreamSequence: message.StreamSequence, RecordedAt: message.RecordedAt,
		Envelope: event.AppendEnvelope(nil),
	}
}
