package inbox

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/pace"
	"github.com/waybill-dev/waybill/internal/shard"
)

// Blame wraps a handler's error with the ids of the events that it is about, so that the others need not be tried in
// halves to find them.
func Blame(err error, ids ...string) error { return &blamed{err: err, ids: ids} }

type blamed struct {
	err error
	ids []string
}

func (b *blamed) Error() string { return b.err.Error() }
func (b *blamed) Unwrap() error { return b.err }

// handlerError is an error of Handle with the events that it was given.
type handlerError struct {
	err     error
	applied []*item
}

func (h *handlerError) Error() string { return h.err.Error() }
func (h *handlerError) Unwrap() error { return h.err }

// errGate says that the gate did not open in time: no event is to blame.
var errGate = errors.New("the gate did not open")

// handle brings a batch to its end: every event is applied and acknowledged, or asked for again, or put away.
func (c *Consumer) handle(ctx context.Context, items []*item) {
	items = c.sift(ctx, items)
	if len(items) == 0 {
		return
	}
	arrange(items)
	traced, end := c.follow(ctx, items)
	verdicts, err := c.try(traced, items)
	end(verdicts, err)
	if err == nil {
		c.finish(ctx, items, verdicts)
		return
	}
	handler, inHandler := errors.AsType[*handlerError](err)
	reason := fault.ReasonOf(err)
	switch {
	case ctx.Err() != nil:
		c.all(items, 0)
	case reason == shard.ReasonLeaseLost:
		c.all(items, lostDelay)
	case errors.Is(err, errGate):
		c.trouble(ctx, items, err)
	case reason == database.ReasonUnavailable || reason == database.ReasonCommitUnknown || schemaDiffers(err):
		c.trouble(ctx, items, err)
	case inHandler && len(handler.applied) == 1:
		c.settleAndGoOn(ctx, items, handler.applied, err)
	case inHandler:
		if guilty := handler.guilty(); len(guilty) > 0 {
			c.settleAndGoOn(ctx, items, guilty, err)
			return
		}
		c.halve(ctx, items)
	case len(items) > 1:
		c.halve(ctx, items) // a set that was too much at once, such as for the others who write
	default:
		c.trouble(ctx, items, err)
	}
}

// schemaDiffers tells that a statement does not fit the tables or the rights of this database, as when a binary runs ahead
// of its migration. No event is to blame, and treating it so would turn them all into dead letters.
func schemaDiffers(err error) bool {
	refusal, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pgerrcode.IsSyntaxErrororAccessRuleViolation(refusal.Code)
}

// sift puts aside what cannot be decided: events of shards that are owned no more, and events without an aggregate.
func (c *Consumer) sift(ctx context.Context, items []*item) []*item {
	return slices.DeleteFunc(slices.Clone(items), func(it *item) bool {
		if !c.leases.Holds(it.shard) {
			it.again(0)
			return true
		}
		if it.malformed() {
			c.bury(ctx, it, it.broken)
			return true
		}
		return false
	})
}

// try is the transaction: fence, cursors, effect. It returns what became of each item.
func (c *Consumer) try(ctx context.Context, items []*item) ([]verdict, error) {
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	if c.options.Gate != nil {
		leave, err := c.options.Gate(ctx)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errGate, err)
		}
		defer leave()
	}
	return database.Tx(ctx, c.db, metricName(c.sub.Consumer), func(tx database.Transaction) ([]verdict, error) {
		cursors, err := loadFenced(ctx, tx, c.leases.Only(shardsOf(items)...), c.sub.Consumer, items)
		if err != nil {
			return nil, err
		}
		verdicts := decide(cursors, items, c.options.ParkAfter)
		if err := c.sub.effect(ctx, tx, applied(items, verdicts)); err != nil {
			return nil, err
		}
		moved, fromTable := make(map[place]bool), make(map[place]bool)
		var toPark []*item
		for i, it := range items {
			switch {
			case verdicts[i] == park && it.delivery != nil:
				toPark = append(toPark, it)
			case verdicts[i] == apply:
				moved[it.place()] = true
				fallthrough
			case verdicts[i] == duplicate:
				if it.delivery == nil {
					fromTable[it.place()] = true
				}
			}
		}
		if err := saveCursors(ctx, tx, c.sub.Consumer, cursors, moved); err != nil {
			return nil, err
		}
		if _, err := insertParked(ctx, tx, c.sub.Consumer, toPark); err != nil {
			return nil, err
		}
		return verdicts, deleteParked(ctx, tx, c.sub.Consumer, cursors, fromTable)
	})
}

// applied are the items that are to be applied.
func applied(items []*item, verdicts []verdict) []*item {
	var found []*item
	for i, it := range items {
		if verdicts[i] == apply {
			found = append(found, it)
		}
	}
	return found
}

// effect calls the handler with those of the items that are for it. What it returns or throws is a handlerError.
func (s Subscription) effect(ctx context.Context, tx database.Transaction, items []*item) error {
	var given []*item
	var batch []Message
	for _, it := range items {
		if it.known || s.Unknown {
			given = append(given, it)
			batch = append(batch, it.message)
		}
	}
	if len(batch) == 0 {
		return nil
	}
	return guarded(given, func() error { return s.Handle(ctx, tx, batch) })
}

// guarded calls a handler, and gives its error, or that it panicked, with the events that it was given.
func guarded(applied []*item, handle func() error) (err error) {
	defer func() {
		if thrown := recover(); thrown != nil {
			err = &handlerError{err: fmt.Errorf("panic: %v\n%s", thrown, debug.Stack()), applied: applied}
		}
	}()
	if err := handle(); err != nil {
		return &handlerError{err: err, applied: applied}
	}
	return nil
}

// metricName is what the transactions of a consumer are called.
func metricName(consumer string) string { return "inbox_" + strings.ReplaceAll(consumer, "-", "_") }

// finish tells the broker what became of each event, once that is committed.
func (c *Consumer) finish(ctx context.Context, items []*item, verdicts []verdict) {
	c.metrics.batch.Observe(float64(len(items)))
	now := time.Now()
	for i, it := range items {
		switch verdicts[i] {
		case apply:
			delete(c.attempts, it.event.ID)
			c.metrics.applied.Inc()
			c.metrics.delay.Observe(max(now.Sub(it.event.RecordedAt).Seconds(), 0))
			it.ack()
		case duplicate:
			c.metrics.duplicates.Inc()
			it.ack()
		case park:
			c.metrics.toPark.Inc()
			it.ack()
		case wait:
			c.metrics.waiting.Inc()
			it.again(pace.Double(c.options.WaitDelay, c.options.WaitMax, it.deliveries()))
		case bury:
			c.bury(ctx, it, it.broken)
		}
	}
}

// guilty are the events that the handler blamed, of those that it was given.
func (h *handlerError) guilty() []*item {
	named, ok := errors.AsType[*blamed](h.err)
	if !ok {
		return nil
	}
	var found []*item
	for _, it := range h.applied {
		if slices.Contains(named.ids, it.event.ID) {
			found = append(found, it)
		}
	}
	return found
}

// settleAndGoOn settles the guilty events and handles the others without them.
func (c *Consumer) settleAndGoOn(ctx context.Context, items, guilty []*item, err error) {
	for _, it := range guilty {
		c.settle(ctx, it, err)
	}
	c.handle(ctx, slices.DeleteFunc(slices.Clone(items), func(it *item) bool { return slices.Contains(guilty, it) }))
}

func (c *Consumer) halve(ctx context.Context, items []*item) {
	middle := len(items) / 2
	c.handle(ctx, items[:middle])
	c.handle(ctx, items[middle:])
}

// settle decides about one event that failed alone: it waits, is tried again, or is put away.
func (c *Consumer) settle(ctx context.Context, it *item, err error) {
	if fault.Retryable(err) {
		c.metrics.waiting.Inc()
		delay := pace.Double(c.options.WaitDelay, c.options.WaitMax, it.deliveries())
		if f, ok := fault.As(err); ok {
			delay = max(delay, f.RetryAfter)
		}
		c.log.DebugContext(ctx, "event waits", "event_id", it.event.ID, "type", it.event.Type, "correlation_id", it.event.CorrelationID, "delay", delay, "error", err)
		it.again(delay)
		return
	}
	c.attempts[it.event.ID]++
	attempts := c.attempts[it.event.ID]
	c.metrics.failures.Inc()
	c.log.WarnContext(ctx, "event failed", "event_id", it.event.ID, "type", it.event.Type, "aggregate", it.event.Aggregate,
		"correlation_id", it.event.CorrelationID,
		"attempt", attempts, "error", err)
	if attempts >= c.options.MaxAttempts {
		c.bury(ctx, it, err)
		return
	}
	it.again(c.options.RetryDelay << (2 * (attempts - 1)))
}

// bury stores an event as a dead letter, unless somebody skipped it or another replica took over meanwhile.
func (c *Consumer) bury(ctx context.Context, it *item, cause error) {
	attempts := max(c.attempts[it.event.ID], 1)
	_, err := database.Tx(ctx, c.db, "inbox_dead_letter", func(tx database.Transaction) (struct{}, error) {
		if err := c.leases.Only(it.shard).Check(ctx, tx); err != nil {
			return struct{}{}, err
		}
		cursors, err := loadCursors(ctx, tx, c.sub.Consumer, []*item{it})
		if err != nil || cursors[it.place()].sequence >= max(it.event.Sequence, 1) {
			return struct{}{}, err
		}
		return struct{}{}, insertDeadLetter(ctx, tx, c.sub.Consumer, it, cause, attempts)
	})
	if err != nil {
		c.trouble(ctx, []*item{it}, err)
		return
	}
	delete(c.attempts, it.event.ID)
	c.metrics.deadLetters.Inc()
	c.log.ErrorContext(ctx, "event is a dead letter", "event_id", it.event.ID, "type", it.event.Type, "aggregate", it.event.Aggregate,
		"correlation_id", it.event.CorrelationID,
		"attempts", attempts, "error", cause)
	it.ack()
}

// trouble asks for events again because the database did not do its part. They are not to blame.
func (c *Consumer) trouble(ctx context.Context, items []*item, err error) {
	c.troubles++
	c.log.WarnContext(ctx, "events not handled", "events", len(items), "error", err)
	c.all(items, pace.Double(c.options.WaitDelay, c.options.WaitMax, c.troubles))
}

func (c *Consumer) all(items []*item, delay time.Duration) {
	for _, it := range items {
		it.again(delay)
	}
}

func shardsOf(items []*item) []int32 {
	var shards []int32
	for _, it := range items {
		if !slices.Contains(shards, it.shard) {
			shards = append(shards, it.shard)
		}
	}
	return shards
}
