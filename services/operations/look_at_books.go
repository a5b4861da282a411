package operations

import (
	"context"
	"maps"
	"slices"
	"time"

	operationsv1 "github.com/waybill-dev/waybill/gen/waybill/operations/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/internal/pace"
	"github.com/waybill-dev/waybill/internal/reconcile"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/operations/internal/domain"
)

const (
	// settleLook is how often it is looked for whether everything in flight has arrived.
	settleLook = 250 * time.Millisecond
	// settleMargin is how far the clocks of services may be apart.
	settleMargin = time.Second
)

// looked is what two looks at a rule saw.
type looked struct {
	bookRule
	first, second []domain.Difference
	examined      int64
	broken        int64
	whole         bool
	busy          map[string]bool
	failure       error
}

// lookAtBooks looks at all rules, and a second time at those that differ, after everything that had been committed by the end of the
// first look has arrived.
func (s *Service) lookAtBooks(ctx context.Context) ([]domain.Look, []domain.RuleResult) {
	rules, silent := s.source.rules(ctx)
	all := make([]looked, len(rules))
	doubtful := false
	for i := range rules {
		all[i].bookRule = rules[i]
		s.firstLook(ctx, &all[i])
		doubtful = doubtful || len(all[i].first) > 0
	}
	settled := false
	if doubtful {
		settled = s.awaitFacts(ctx, time.Now().Add(settleMargin))
	}
	var looks []domain.Look
	var results []domain.RuleResult
	for _, role := range slices.Sorted(maps.Keys(silent)) {
		results = append(results, domain.RuleResult{Equation: role, Rule: "all rules of its tables", Failure: silent[role].Error()})
	}
	for i := range all {
		one := &all[i]
		s.secondLook(ctx, one)
		result := domain.RuleResult{Equation: one.name, Rule: one.rule, Examined: one.examined}
		if one.failure != nil {
			result.Failure = one.failure.Error()
			results = append(results, result)
			continue
		}
		// A service's own tables are read in one snapshot each: nothing of them is in flight.
		look := domain.Look{Equation: one.name, Whole: one.whole}
		look.Breaks, look.Undecided = domain.Confirm(one.first, one.second, one.busy, settled || one.equation == nil)
		result.Broken, result.InFlight = int64(len(look.Breaks)), int64(len(one.first)-len(look.Breaks))
		if !one.whole { // what is not listed was not looked at twice
			result.Broken += one.broken - int64(len(one.first))
		}
		looks, results = append(looks, look), append(results, result)
	}
	return looks, results
}

func (s *Service) firstLook(ctx context.Context, one *looked) {
	var found reconcile.Finding
	found, one.whole, one.failure = s.source.look(ctx, &one.bookRule)
	one.first, one.examined, one.broken = differences(&one.bookRule, found), found.Examined, found.Broken
}

// secondLook looks again at a rule that differed, and at what is under way.
func (s *Service) secondLook(ctx context.Context, one *looked) {
	if one.failure != nil || len(one.first) == 0 {
		return
	}
	found, _, err := s.source.look(ctx, &one.bookRule)
	if err != nil {
		one.failure = err
		return
	}
	one.second = differences(&one.bookRule, found)
	if one.equation == nil {
		return
	}
	subjects := map[string]bool{}
	for i := range one.second {
		subjects[one.second[i].Subject] = true
	}
	one.busy, one.failure = reconcile.UnderWay(ctx, s.source, *one.equation, subjects)
}

// awaitFacts waits until everything that was committed by a moment is published and taken by everybody. False: that did not come
// about in time, and what differs may be in flight.
func (s *Service) awaitFacts(ctx context.Context, committedBy time.Time) bool {
	ctx, cancel := context.WithTimeout(ctx, s.config.ReconcileSettle)
	defer cancel()
	published := s.until(ctx, "events are not published", func(ctx context.Context) (bool, error) {
		waiting, err := s.source.unpublished(ctx, committedBy)
		return waiting == 0, err
	})
	if !published {
		return false
	}
	mark, err := s.bus.Mark(ctx)
	if err != nil {
		s.log.WarnContext(ctx, "the streams do not say how far they are", "error", err)
		return false
	}
	return s.until(ctx, "events are not taken", func(ctx context.Context) (bool, error) {
		behind, err := s.bus.Behind(ctx, mark)
		return len(behind) == 0, err
	})
}

func (s *Service) until(ctx context.Context, otherwise string, done func(context.Context) (bool, error)) bool {
	for {
		ok, err := done(ctx)
		if ok && err == nil {
			return true
		}
		pace.Sleep(ctx, settleLook)
		if ctx.Err() != nil {
			s.log.WarnContext(ctx, "a reconciliation found facts in flight for too long", "because", otherwise, "error", err)
			return false
		}
	}
}

// tellReconciliation tells what became of breaks, and that a reconciliation is done.
func tellReconciliation(ctx context.Context, tx database.Transaction, run *domain.Run, notices []domain.BreakNotice) error {
	name := id.Format(id.Books, run.ID)
	events := make([]outbox.Event, 0, len(notices)+1)
	for i := range notices {
		one := &notices[i].Break
		event := breakEvent(one, run.FinishedAt)
		if one.Open {
			event.Payload = &operationsv1.ReconciliationBreakFound{
				BreakId: event.Aggregate, OrderId: one.Order, Found: breakToProto(one), Area: areaToProto(one.Area),
			}
		} else {
			event.Payload = &operationsv1.ReconciliationBreakClosed{
				BreakId: event.Aggregate, OrderId: one.Order, Equation: one.Equation, Entity: one.Entity, ReconciliationId: name,
			}
		}
		events = append(events, event)
	}
	events = append(events, outbox.Event{
		Aggregate: name, Sequence: 1, Shard: shard.OfUUID(run.ID), OccurredAt: run.FinishedAt,
		Payload: &operationsv1.ReconciliationCompleted{ReconciliationId: name, Reconciliation: runToProto(run)},
	})
	return outbox.Add(ctx, tx, events...)
}

// breakEvent is an event of a break without its payload.
func breakEvent(of *domain.Break, at time.Time) outbox.Event {
	return outbox.Event{
		Aggregate: id.Format(id.Break, of.ID), Sequence: of.Sequence, Shard: shard.OfUUID(of.ID), OccurredAt: at, CorrelationID: of.Order,
	}
}
