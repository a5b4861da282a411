// Package batch joins concurrent calls into sets. The calls that arrive while the last batch commits become the next
// batch: a lone call waits for nobody, and under load many calls share one commit.
package batch

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/observe"
)

// The reasons of the faults that Do answers itself.
const (
	ReasonQueueFull = "QUEUE_FULL"
	ReasonClosing   = "SHUTTING_DOWN"
	ReasonDeadline  = "DEADLINE_EXCEEDED"
)

// MaxWaiting is the default of Config.MaxQueue.
const MaxWaiting = 4096

// Config sets the bounds of a coalescer. A number of zero or less takes the default.
type Config struct {
	// Name labels the metrics and stands in errors, such as "submit_order".
	Name string
	// MaxBatch bounds the requests of one batch. Default 256.
	MaxBatch int
	// MaxWeight bounds the sum of the weights of a batch when the request type is a Weigher; a request that is heavier
	// by itself runs alone. Default: no bound.
	MaxWeight int
	// MaxQueue bounds the requests that wait for a batch; further ones are refused. Default 4096.
	MaxQueue int
	// Writers is how many batches may run side by side. Default 2.
	Writers int
	// Timeout is the time that one batch has, whatever its callers' deadlines are. Default 10 s.
	Timeout time.Duration
	// Registerer takes the metrics. Nil: none are shown.
	Registerer prometheus.Registerer
	// Tracer makes a span of each batch, with a link to each caller. Nil: none.
	Tracer *observe.Tracer
}

// Weigher is a request that counts for more than one against MaxWeight, such as an order with many lines.
type Weigher interface{ BatchWeight() int }

// Result is the outcome of one request of a set.
type Result[Res any] struct {
	Value Res
	Err   error
}

// Coalescer joins calls of Do into calls of its run function. Safe for concurrent use.
type Coalescer[Req, Res any] struct {
	config  Config
	run     func(ctx context.Context, reqs []Req) []Result[Res]
	metrics *instruments
	calls   sync.Pool
	base    context.Context // of all batches: ends when Close runs out of patience
	stop    context.CancelFunc

	mu       sync.Mutex
	queue    []*call[Req, Res]
	running  int           // goroutines in work
	lastTook time.Duration // of a batch, smoothed
	closed   bool
	drained  chan struct{} // closed when closed and nothing runs
}

// call is one waiting caller. The worker owns it from the queue until it sends on done; the caller recycles it then,
// and leaves it to the garbage collector when it gives up.
type call[Req, Res any] struct {
	ctx      context.Context
	req      Req
	result   Result[Res]
	enqueued time.Time
	done     chan struct{} // holds one
}

// New makes a coalescer. Run gets 1 to MaxBatch requests in order of arrival and answers in the same order, one result
// each, so that a bad request fails alone. It may be called by Writers goroutines at once. Its context is the batch's
// own: it carries no caller's deadline or identity, so a request holds what run needs; its span links to the callers'. Two requests with one key
// may stand in one batch; what they mean is run's business.
//
// When the set fails as one, run answers with Fail. A set of several whose failure will not pass by itself is run again
// in halves until the request that spoils it stands alone, and so is a set in which run panics. Run must therefore be
// repeatable as a retry by the callers would be.
//
// It panics when the metrics cannot be registered, which only a clash of names in code can cause.
func New[Req, Res any](config Config, run func(ctx context.Context, reqs []Req) []Result[Res]) *Coalescer[Req, Res] {
	config = config.withDefaults()
	base, stop := context.WithCancel(context.Background())
	c := &Coalescer[Req, Res]{
		config:  config,
		run:     run,
		metrics: newInstruments(config),
		base:    base,
		stop:    stop,
		drained: make(chan struct{}),
	}
	c.calls.New = func() any { return &call[Req, Res]{done: make(chan struct{}, 1)} }
	return c
}

func (c Config) withDefaults() Config {
	set := func(field *int, value int) {
		if *field <= 0 {
			*field = value
		}
	}
	set(&c.MaxBatch, 256)
	set(&c.MaxQueue, MaxWaiting)
	set(&c.Writers, 2)
	if c.Timeout <= 0 {
		c.Timeout = 10 * time.Second
	}
	return c
}

// Do runs req in a batch and gives its own result. When ctx ends first, Do returns without it: a request that waits
// still is dropped, one whose batch runs takes effect all the same. Only a repeat with the same key tells which.
//
// Faults of its own: QUEUE_FULL (Exhausted, with a delay), SHUTTING_DOWN (Unavailable), DEADLINE_EXCEEDED (Deadline).
// A cancelled ctx gives its error.
func (c *Coalescer[Req, Res]) Do(ctx context.Context, req Req) (Res, error) {
	mine, err := c.begin(ctx, req)
	if err != nil {
		var none Res
		return none, err
	}
	return c.await(ctx, mine)
}

// DoAll runs requests as calls of Do would, side by side: they are taken in their order, each has a result of its own, and
// one that finds the queue full is refused alone.
func (c *Coalescer[Req, Res]) DoAll(ctx context.Context, reqs []Req) []Result[Res] {
	results, calls := make([]Result[Res], len(reqs)), make([]*call[Req, Res], len(reqs))
	for i, req := range reqs {
		calls[i], results[i].Err = c.begin(ctx, req)
	}
	for i, mine := range calls {
		if mine != nil {
			results[i].Value, results[i].Err = c.await(ctx, mine)
		}
	}
	return results
}

// begin puts a request into the queue.
func (c *Coalescer[Req, Res]) begin(ctx context.Context, req Req) (*call[Req, Res], error) {
	if ctx.Err() != nil {
		return nil, gaveUp(ctx)
	}
	mine := c.calls.Get().(*call[Req, Res])
	mine.ctx, mine.req, mine.enqueued = ctx, req, time.Now()
	if err := c.enqueue(mine); err != nil {
		c.recycle(mine)
		return nil, err
	}
	return mine, nil
}

// await gives the result of a request that was put into the queue.
func (c *Coalescer[Req, Res]) await(ctx context.Context, mine *call[Req, Res]) (Res, error) {
	select {
	case <-mine.done:
	case <-ctx.Done():
		select {
		case <-mine.done: // both at once: the outcome is worth more
		default:
			c.metrics.givenUp.Inc()
			var none Res
			return none, gaveUp(ctx)
		}
	}
	result := mine.result
	c.recycle(mine)
	return result.Value, result.Err
}

func gaveUp(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		late := fault.New(fault.Deadline, ReasonDeadline,
			"the time for this request was over before its outcome was known; repeat it with the same request id")
		return fmt.Errorf("%w: %w", late, context.Cause(ctx))
	}
	return ctx.Err()
}

func (c *Coalescer[Req, Res]) recycle(done *call[Req, Res]) {
	*done = call[Req, Res]{done: done.done}
	c.calls.Put(done)
}

func (c *Coalescer[Req, Res]) enqueue(mine *call[Req, Res]) error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return closing()
	}
	if len(c.queue) >= c.config.MaxQueue {
		wait := c.expectedWait()
		c.mu.Unlock()
		c.metrics.refused.Inc()
		return fault.New(fault.Exhausted, ReasonQueueFull, "too many requests are waiting; try again later").
			WithRetryAfter(wait)
	}
	c.queue = append(c.queue, mine)
	start := c.running < c.config.Writers
	if start {
		c.running++
	}
	c.mu.Unlock()
	if start {
		go c.work()
	}
	return nil
}

func closing() error {
	return fault.New(fault.Unavailable, ReasonClosing, "the service is shutting down; try again")
}

// expectedWait is about how long the queue takes to drain, between the bounds of what is sensible to tell a caller.
func (c *Coalescer[Req, Res]) expectedWait() time.Duration {
	const shortest, longest = 50 * time.Millisecond, 5 * time.Second
	rounds := len(c.queue)/(c.config.MaxBatch*c.config.Writers) + 1
	return min(max(time.Duration(rounds)*c.lastTook, shortest), longest)
}

// Close refuses further calls and waits until those that were taken are answered. When ctx ends first, the context of
// the running batches ends too, what still waits is answered with SHUTTING_DOWN, and Close returns an error at once.
// It may be called more than once.
func (c *Coalescer[Req, Res]) Close(ctx context.Context) error {
	c.mu.Lock()
	if !c.closed {
		c.closed = true
		if c.running == 0 {
			c.finish()
		}
	}
	c.mu.Unlock()
	select {
	case <-c.drained:
		return nil
	case <-ctx.Done():
		c.stop()
		return fmt.Errorf("batch %s: closed with work under way: %w", c.config.Name, ctx.Err())
	}
}

func (c *Coalescer[Req, Res]) finish() {
	c.stop()
	close(c.drained)
}
