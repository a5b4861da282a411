package inbox

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/observe"
	"github.com/waybill-dev/waybill/internal/pace"
	"github.com/waybill-dev/waybill/internal/shard"
)

// Subscription says what a consumer follows and what it does with it.
type Subscription struct {
	// Consumer is the durable name, such as "billing-orders": the service, a dash, what it follows. It is unique in the mesh.
	// Another name is another consumer, which begins at the oldest event.
	Consumer string
	// Aggregates are the kinds of aggregates, such as "order.order", whose events are all taken.
	Aggregates []string
	// Unknown hands over events of types that are not linked into this process, too, without a payload: for who keeps them
	// all. Else they only move the cursor.
	Unknown bool
	// WholeStreams is set of a Follower's: it keeps no place per aggregate, and nothing can be replayed to it.
	WholeStreams bool
	// Effects says where the effects lead. It must be said.
	Effects Effects
	// Handle brings about the effect of the whole set in tx. Events of one aggregate are in order. Types that it does
	// not know it ignores. It may be called again with the same events, or with some of them, when the transaction
	// fails; so it does nothing outside tx. A fault that says "later" makes the events wait, any other error counts
	// towards the dead letters; Blame says which events it is about.
	Handle func(ctx context.Context, tx database.Transaction, batch []Message) error
}

// Effects says where the effects of events lead: it decides whether a replay needs to be told that calls of outside systems are
// wanted. The zero value is no answer, and the consumer does not run.
type Effects int

const (
	// StayInside says that nothing that follows reaches an outside system.
	StayInside Effects = iota + 1
	// CallOutside says that they lead to calls of outside systems, by the service itself, by one that it commands, or by one that acts
	// on what it tells.
	CallOutside
)

// Takes reports whether it follows a kind of aggregate.
func (s Subscription) Takes(kind string) bool { return slices.Contains(s.Aggregates, kind) }

func (s Subscription) check() error {
	if s.Effects != StayInside && s.Effects != CallOutside {
		return fmt.Errorf("inbox: %s does not say where its effects lead", s.Consumer)
	}
	return nil
}

// Options are the choices for a consumer. The zero value of each field is its default.
type Options struct {
	// Batch is the most events in one transaction. 256.
	Batch int
	// Pace is the least time between the beginnings of two batches, in which events gather: a transaction costs the same
	// for one as for many. The first event after a pause never waits for it. 80 ms.
	Pace time.Duration
	// AckWait is after how long the broker delivers again what was neither acknowledged nor refused. 15 s.
	AckWait time.Duration
	// MaxAttempts is how often an event may fail before it is a dead letter. 5.
	MaxAttempts int
	// RetryDelay is the first delay before a failed event comes again; it grows fourfold. 100 ms.
	RetryDelay time.Duration
	// WaitDelay is the first delay for an event that waits; it doubles up to WaitMax. 50 ms and 30 s.
	WaitDelay, WaitMax time.Duration
	// ParkAfter is from which delivery on an event whose predecessor is missing is parked. 10.
	ParkAfter int
	// ParkedPoll is how often parked events are looked at. 2 s.
	ParkedPoll time.Duration
	// Remember is how often it is stored up to where events are acknowledged: what a broker that starts again delivers once
	// more. 10 s.
	Remember time.Duration
	// Timeout bounds one transaction. 30 s.
	Timeout time.Duration
	// Gate is passed before each transaction begins and left after its end, for transactions of one process that had
	// better take turns: past the beginning it is too late, since a snapshot taken before another's commit is stale.
	// While it stays shut the events wait. None without it.
	Gate func(ctx context.Context) (leave func(), err error)
	Log  *slog.Logger
	// Registerer gets the consumer's metrics. None without it.
	Registerer prometheus.Registerer
	// Tracer makes a span of each set of events, and of each event in its own trace. Nil: none.
	Tracer *observe.Tracer
}

func (o Options) withDefaults() Options {
	o.Batch = cmp.Or(o.Batch, 256)
	o.MaxAttempts = cmp.Or(o.MaxAttempts, 5)
	o.ParkAfter = cmp.Or(o.ParkAfter, 10)
	o.Pace = cmp.Or(o.Pace, 80*time.Millisecond)
	o.AckWait = cmp.Or(o.AckWait, 15*time.Second)
	o.RetryDelay = cmp.Or(o.RetryDelay, 100*time.Millisecond)
	o.WaitDelay = cmp.Or(o.WaitDelay, 50*time.Millisecond)
	o.WaitMax = cmp.Or(o.WaitMax, 30*time.Second)
	o.ParkedPoll = cmp.Or(o.ParkedPoll, 2*time.Second)
	o.Remember = cmp.Or(o.Remember, 10*time.Second)
	o.Timeout = cmp.Or(o.Timeout, 30*time.Second)
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return o
}

const (
	// stopTime bounds how long a batch under way may go on once the consumer is told to stop.
	stopTime = 2 * time.Second
	// lostDelay is for how long an event of a shard that another replica owns by now is left to that one.
	lostDelay = 500 * time.Millisecond
)

// Consumer handles the events of one subscription in the shards that this replica owns. One per replica.
type Consumer struct {
	db      *database.DB
	bus     *bus.Bus
	owner   *shard.Owner
	sub     Subscription
	options Options
	log     *slog.Logger
	metrics *metrics

	// What follows belongs to the goroutine of Run.

	leases   shard.Leases
	attempts map[string]int // failures by event id
	troubles int            // failures of the database in a row
}

// NewConsumer makes a consumer; Run works.
func NewConsumer(db *database.DB, b *bus.Bus, owner *shard.Owner, sub Subscription, options Options) *Consumer {
	options = options.withDefaults()
	return &Consumer{
		db: db, bus: b, owner: owner, sub: sub, options: options,
		log:      options.Log.With("consumer", sub.Consumer),
		metrics:  newMetrics(options.Registerer, sub.Consumer),
		attempts: make(map[string]int),
	}
}

// Run handles events until ctx ends, then returns nil. It fails at once when a kind of aggregate is unknown, or the
// subscription does not say where its effects lead. While broker or database do not answer it goes on trying.
func (c *Consumer) Run(ctx context.Context) error {
	if err := c.sub.check(); err != nil {
		return err
	}
	intake, err := newIntake(c)
	if err != nil {
		return err
	}
	defer intake.close()
	intake.running.Go(func() { intake.remember(ctx) })
	parked := time.NewTimer(c.options.ParkedPoll)
	defer parked.Stop()
	look := func() {
		if c.drainParked(ctx) {
			parked.Reset(c.options.Pace) // fresh events take turns with what is left
		} else {
			parked.Reset(c.options.ParkedPoll)
		}
	}
	for {
		changed := c.owner.Changed()
		if leases := c.owner.Leases(); leases != c.leases {
			c.leases = leases
			clear(c.attempts)
			intake.follow(ctx, leases)
			look()
		}
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		case <-parked.C:
			look()
		case first := <-intake.items:
			began := time.Now()
			batch := intake.batch(first)
			c.work(ctx, batch)
			if len(batch) < c.options.Batch {
				pace.Sleep(ctx, c.options.Pace-time.Since(began))
			}
		}
	}
}

// work handles a batch and, in trouble with the database, waits a little.
func (c *Consumer) work(ctx context.Context, items []*item) {
	outliving, cancel := pace.Outlive(ctx, stopTime)
	defer cancel()
	before := c.troubles
	c.handle(outliving, items)
	if c.troubles == before {
		c.troubles = 0
		return
	}
	pace.Sleep(ctx, pace.Double(c.options.WaitDelay, c.options.WaitMax, c.troubles))
}

// drainParked handles parked events whose turn has come, as many as one look brings. It tells whether there are more and
// looking again at once is worth it: those that it found have moved on.
func (c *Consumer) drainParked(ctx context.Context) (more bool) {
	shards := c.leases.Shards()
	if len(shards) == 0 {
		return false
	}
	rows, full, err := readyParked(ctx, c.db, c.sub.Consumer, shards)
	if err != nil {
		if ctx.Err() == nil {
			c.log.WarnContext(ctx, "parked events not read", "error", err)
		}
		return false
	}
	var items []*item
	for _, row := range rows {
		event, err := bus.ParseEnvelope(row.envelope)
		if err != nil {
			c.log.ErrorContext(ctx, "parked event cannot be read", "error", err)
			continue
		}
		items = append(items, newItem(event, row.shard))
	}
	before := c.countParked(ctx, shards)
	for len(items) > 0 && ctx.Err() == nil {
		n := min(len(items), c.options.Batch)
		c.work(ctx, items[:n])
		items = items[n:]
	}
	return full && c.countParked(ctx, shards) < before
}

func (c *Consumer) countParked(ctx context.Context, shards []int32) (parked int64) {
	var dead int64
	err := c.db.Pool().QueryRow(ctx, `SELECT
			(SELECT count(*) FROM inbox_parked WHERE consumer = $1 AND shard = ANY($2::INT8[])),
			(SELECT count(*) FROM inbox_dead_letter WHERE consumer = $1 AND shard = ANY($2::INT8[]) AND resolved_at IS NULL)`,
		c.sub.Consumer, shards).Scan(&parked, &dead)
	if err == nil {
		c.metrics.parked.Set(float64(parked))
		c.metrics.dead.Set(float64(dead))
	}
	return parked
}
