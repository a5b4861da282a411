package batch

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/waybill-dev/waybill/internal/fault"
)

// setError marks a failure of the set as one, with nothing stored.
type setError struct{ cause error }

func (e *setError) Error() string { return e.cause.Error() }
func (e *setError) Unwrap() error { return e.cause }

// Fail is what run answers when the set of n failed as one and nothing of it was stored: a transaction that was rolled
// back. If the error may pass by itself (see fault.Retryable, and the end of the batch's context) every caller gets it;
// else the set is halved and run again.
func Fail[Res any](n int, err error) []Result[Res] {
	results := make([]Result[Res], n)
	for i := range results {
		results[i].Err = &setError{err}
	}
	return results
}

// work runs batch after batch until nothing waits.
func (c *Coalescer[Req, Res]) work() {
	var calls []*call[Req, Res]
	for {
		if calls = c.take(calls[:0]); calls == nil {
			return
		}
		if c.base.Err() != nil {
			for _, one := range calls {
				one.answer(Result[Res]{Err: closing()})
			}
			continue
		}
		start := time.Now()
		reqs := make([]Req, len(calls))
		for i, one := range calls {
			reqs[i] = one.req
			c.metrics.wait.Observe(start.Sub(one.enqueued).Seconds())
		}
		c.metrics.size.Observe(float64(len(calls)))
		ctx, cancel := context.WithTimeout(c.base, c.config.Timeout)
		ctx, span := c.follow(ctx, calls)
		c.settle(ctx, calls, reqs)
		span.End()
		cancel()
		took := time.Since(start)
		c.metrics.seconds.Observe(took.Seconds())
		c.mu.Lock()
		c.lastTook += (took - c.lastTook) / 8
		c.mu.Unlock()
	}
}

// follow makes the span of a batch.
func (c *Coalescer[Req, Res]) follow(ctx context.Context, calls []*call[Req, Res]) (context.Context, trace.Span) {
	var callers []trace.SpanContext
	if c.config.Tracer != nil {
		for _, one := range calls {
			callers = append(callers, trace.SpanContextFromContext(one.ctx))
		}
	}
	return c.config.Tracer.Set(ctx, "batch "+c.config.Name, callers,
		trace.WithAttributes(attribute.Int("waybill.requests", len(calls))))
}

// take moves the next batch out of the queue. Callers that have given up meanwhile are left out: nothing has happened
// to their requests yet. Nil means that nothing waits, and that this worker is counted out.
func (c *Coalescer[Req, Res]) take(batch []*call[Req, Res]) []*call[Req, Res] {
	c.mu.Lock()
	defer c.mu.Unlock()
	taken, weight := 0, 0
	for _, next := range c.queue {
		if len(batch) == c.config.MaxBatch {
			break
		}
		if next.ctx.Err() == nil {
			if weight += c.weigh(next.req); c.config.MaxWeight > 0 && weight > c.config.MaxWeight && len(batch) > 0 {
				break
			}
			batch = append(batch, next)
		}
		taken++
	}
	left := copy(c.queue, c.queue[taken:])
	clear(c.queue[left:])
	c.queue = c.queue[:left]
	c.metrics.queued.Set(float64(left))
	if len(batch) > 0 {
		return batch
	}
	c.running--
	if c.closed && c.running == 0 {
		c.finish()
	}
	return nil
}

func (c *Coalescer[Req, Res]) weigh(req Req) int {
	if c.config.MaxWeight <= 0 {
		return 1
	}
	if weigher, ok := any(req).(Weigher); ok {
		return max(weigher.BatchWeight(), 1)
	}
	return 1
}

// settle answers every call of a batch, halving it where it fails as one.
func (c *Coalescer[Req, Res]) settle(ctx context.Context, calls []*call[Req, Res], reqs []Req) {
	results := c.protected(ctx, reqs)
	if len(calls) > 1 && c.halves(ctx, results[0].Err) {
		c.metrics.halved.Inc()
		middle := len(calls) / 2
		c.settle(ctx, calls[:middle], reqs[:middle:middle])
		c.settle(ctx, calls[middle:], reqs[middle:])
		return
	}
	for i, one := range calls {
		if failed, ok := results[i].Err.(*setError); ok { //nolint:errorlint // the mark itself, not something wrapped
			results[i].Err = failed.cause
		}
		one.answer(results[i])
	}
}

func (c *Coalescer[Req, Res]) halves(ctx context.Context, err error) bool {
	failed, ok := err.(*setError) //nolint:errorlint // the mark itself, not something wrapped
	return ok && ctx.Err() == nil && !fault.Retryable(failed.cause) &&
		!errors.Is(failed.cause, context.Canceled) && !errors.Is(failed.cause, context.DeadlineExceeded)
}

// protected calls run and always answers one result per request. A panic is a failure of the set: a transaction that
// was open is rolled back on its way up. A wrong number of results is not, because something may be stored.
func (c *Coalescer[Req, Res]) protected(ctx context.Context, reqs []Req) (results []Result[Res]) {
	defer func() {
		if cause := recover(); cause != nil {
			c.metrics.panics.Inc()
			results = Fail[Res](len(reqs), fmt.Errorf("batch %s: panic: %v\n%s", c.config.Name, cause, debug.Stack()))
		}
	}()
	results = c.run(ctx, reqs)
	if len(results) != len(reqs) {
		err := fmt.Errorf("batch %s: %d results for %d requests", c.config.Name, len(results), len(reqs))
		results = make([]Result[Res], len(reqs))
		for i := range results {
			results[i].Err = err
		}
	}
	return results
}

func (one *call[Req, Res]) answer(result Result[Res]) {
	one.result = result
	one.done <- struct{}{} // has room: a call is answered once
}
