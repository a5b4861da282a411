package fulfillment

import (
	"context"
	"time"

	"github.com/waybill-dev/waybill/internal/batch"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/domain"
	"github.com/waybill-dev/waybill/services/fulfillment/internal/store"
)

// call is the set of commands of one RPC. All RPCs that change something share one queue: what arrives while a
// transaction commits, of whatever kind, is the next transaction.
type call []domain.Command

// BatchWeight implements batch.Weigher.
func (c call) BatchWeight() int { return len(c) }

// do carries out the commands of an RPC and gives their outcomes in order.
func (s *Service) do(ctx context.Context, commands []domain.Command) ([]domain.Outcome, error) {
	return s.writes.Do(ctx, commands)
}

// write carries out the commands of several RPCs in one transaction.
func (s *Service) write(ctx context.Context, calls []call) []batch.Result[[]domain.Outcome] {
	var commands []domain.Command
	for _, one := range calls {
		commands = append(commands, one...)
	}
	outcomes, err := database.Tx(ctx, s.db, "fulfillment_write", func(tx database.Transaction) ([]domain.Outcome, error) {
		return decide(ctx, tx, commands, s.now())
	})
	if err != nil {
		return batch.Fail[[]domain.Outcome](len(calls), err)
	}
	results := make([]batch.Result[[]domain.Outcome], len(calls))
	for i, one := range calls {
		results[i].Value, outcomes = outcomes[:len(one)], outcomes[len(one):]
	}
	return results
}

// decide loads what the commands need, carries them out in order, and stores and announces what they changed.
func decide(ctx context.Context, tx database.Transaction, commands []domain.Command, now time.Time) ([]domain.Outcome, error) {
	book, err := store.LoadBook(ctx, tx, commands, now)
	if err != nil {
		return nil, err
	}
	outcomes := book.Apply(commands)
	if err := store.SaveChanges(ctx, tx, &book.Changes, now); err != nil {
		return nil, err
	}
	events, err := eventsToProto(book.Changes.Events)
	if err != nil {
		return outcomes, err
	}
	return outcomes, outbox.Add(ctx, tx, append(events, exceptionEvents(book.Changes.Opened)...)...)
}
