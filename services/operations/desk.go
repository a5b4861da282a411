package operations

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/operations/internal/domain"
	"github.com/waybill-dev/waybill/services/operations/internal/store"
)

// exceptionIDs is the namespace of the ids of exceptions: the same trouble has the same id wherever it is seen first.
var exceptionIDs = uuid.MustParse("8f1d4c52-6c0e-4b0a-9a53-6c0d5f8f3a11") //nolint:gochecknoglobals // a constant in all but syntax

func (s *Service) desk() *domain.Desk {
	return &domain.Desk{
		Rules: s.config.Rules, Now: s.now(), NewID: func(key string) uuid.UUID { return id.Derive(exceptionIDs, key) },
	}
}

// take books troubles in tx, and tells what came of them. Those of events that have counted before count no more.
func (s *Service) take(ctx context.Context, tx database.Transaction, troubles []domain.Trouble) error {
	if len(troubles) == 0 {
		return nil
	}
	keys := map[string]bool{}
	for _, trouble := range troubles {
		keys[trouble.Key] = true
	}
	desk := s.desk()
	loaded, err := store.LockExceptions(ctx, tx, slices.Sorted(maps.Keys(keys)))
	if err != nil {
		return err
	}
	desk.Load(loaded)
	if troubles, err = fresh(ctx, tx, desk.Matter(troubles)); err != nil || len(troubles) == 0 {
		return err
	}
	if desk.Partners, err = s.partnersOf(ctx, tx, troubles); err != nil {
		return err
	}
	desk.Take(troubles)
	return keep(ctx, tx, desk)
}

// fresh leaves out the troubles of events that have counted before, and notes the others.
func fresh(ctx context.Context, tx database.Transaction, troubles []domain.Trouble) ([]domain.Trouble, error) {
	events := map[string]bool{}
	for _, trouble := range troubles {
		if trouble.Event != "" {
			events[trouble.Event] = true
		}
	}
	if len(events) == 0 {
		return troubles, nil
	}
	named := slices.Sorted(maps.Keys(events))
	taken, err := store.TakenBefore(ctx, tx, named)
	if err != nil {
		return nil, err
	}
	troubles = slices.DeleteFunc(troubles, func(trouble domain.Trouble) bool { return taken[trouble.Event] })
	return troubles, store.MarkTaken(ctx, tx, slices.DeleteFunc(named, func(event string) bool { return taken[event] }))
}

// partnersOf gives the partners of the orders of troubles, as far as the archive knows them.
func (s *Service) partnersOf(ctx context.Context, tx database.Transaction, troubles []domain.Trouble) (map[string]string, error) {
	orders := map[string]bool{}
	for _, trouble := range troubles {
		if trouble.Order != "" && !trouble.Over {
			orders[trouble.Order] = true
		}
	}
	if len(orders) == 0 {
		return nil, nil
	}
	named := slices.Sorted(maps.Keys(orders))
	facts, err := look(ctx, tx, s.words, named, named...)
	if err != nil {
		return nil, err
	}
	partners := map[string]string{}
	for _, fact := range facts {
		if fact.Received != nil {
			partners[fact.Received.ID] = fact.Received.Partner
		}
	}
	return partners, nil
}

// keep stores a desk and tells what happened on it.
func keep(ctx context.Context, tx database.Transaction, desk *domain.Desk) error {
	if err := store.SaveDesk(ctx, tx, desk); err != nil {
		return err
	}
	events := make([]outbox.Event, 0, len(desk.Notices))
	for i := range desk.Notices {
		event, err := noticeToProto(&desk.Notices[i], desk)
		if err != nil {
			return err
		}
		events = append(events, event)
	}
	return outbox.Add(ctx, tx, events...)
}

func noticeToProto(notice *domain.Notice, desk *domain.Desk) (outbox.Event, error) {
	exception := &notice.Exception
	name := id.Format(id.Exception, exception.ID)
	event := outbox.Event{
		Aggregate: name, Sequence: exception.Sequence, Shard: shard.OfUUID(exception.ID), OccurredAt: desk.Now, CorrelationID: exception.Order,
	}
	switch notice.Kind {
	case domain.StepOpened:
		event.Payload = &operationsv1.ExceptionOpened{ExceptionId: name, OrderId: exception.Order, Exception: exceptionToProto(exception)}
	case domain.StepAssigned:
		event.Payload = &operationsv1.ExceptionAssigned{
			ExceptionId: name, OrderId: exception.Order, Assignee: exception.Assignee, Actor: notice.Actor, Reason: notice.Reason,
		}
	case domain.StepResolved:
		event.Payload = &operationsv1.ExceptionResolved{
			ExceptionId: name, OrderId: exception.Order, Class: string(exception.Class), Resolution: exception.Resolution, Actor: notice.Actor,
		}
	default:
		return event, fmt.Errorf("operations: a step %s is not told", notice.Kind)
	}
	return event, nil
}

// awaitInvoices notes what left and what is invoiced.
func awaitInvoices(ctx context.Context, tx database.Transaction, batch []inbox.Message) error {
	var left, issued []store.Awaited
	for _, message := range batch {
		shipped, invoiced := awaitedOf(message)
		if shipped != nil {
			left = append(left, *shipped)
		}
		if invoiced != nil {
			issued = append(issued, *invoiced)
		}
	}
	if err := store.AwaitInvoices(ctx, tx, left); err != nil {
		return err
	}
	return store.InvoicesIssued(ctx, tx, issued)
}
