package inbox

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/pace"
	"github.com/waybill-dev/waybill/internal/shard"
)

// Following says what a follower reads and what it does with it.
type Following struct {
	// Subscription is as of a Consumer. Unknown must be set where types that are not linked in matter.
	Subscription
	// Aside brings about what is to become of an event that could not be handled, in the transaction that makes it a dead
	// letter. It gets the event without its payload. Nil: nothing.
	Aside func(ctx context.Context, tx database.Transaction, message Message) error
}

// followShard is the shard whose owner follows.
const followShard = 0

// streamCheck is after how long without an event a stream is asked whether it is still the same.
const streamCheck = 30 * time.Second

// Follower hands over whole streams, each in the broker's order, to one replica at a time: that which owns the first shard.
// It keeps one number per stream and nothing per event, neither here nor at the broker, and so is for who takes everything
// and looks out for repeats: what stands twice in a stream is handed over twice.
//
// A set that fails is halved. One event that fails alone goes to the dead letters, and the others go on, those of its
// aggregate, too. RetryLetter hands it in again, behind what has been handled since.
type Follower struct {
	db      *database.DB
	bus     *bus.Bus
	owner   *shard.Owner
	sub     Following
	options Options
	metrics *metrics
}

// NewFollower makes a follower; Run works.
func NewFollower(db *database.DB, b *bus.Bus, owner *shard.Owner, sub Following, options Options) *Follower {
	options = options.withDefaults()
	options.Log = options.Log.With("consumer", sub.Consumer)
	return &Follower{
		db: db, bus: b, owner: owner, sub: sub, options: options, metrics: newMetrics(options.Registerer, sub.Consumer),
	}
}

// Run follows until ctx ends, then returns nil. It fails at once when a kind of aggregate is unknown. While broker or
// database do not answer it goes on trying.
func (f *Follower) Run(ctx context.Context) error {
	streams, err := f.bus.Streams(f.sub.Aggregates)
	if err != nil {
		return err
	}
	for failures := 0; ctx.Err() == nil; {
		changed := f.owner.Changed()
		leases := f.owner.Leases()
		if !leases.Holds(followShard) {
			pace.Wait(ctx, time.Minute, nil, changed)
			continue
		}
		began := time.Now()
		err := f.session(ctx, leases.Only(followShard), streams, changed)
		if time.Since(began) > f.options.WaitMax {
			failures = 0
		}
		if err != nil && ctx.Err() == nil {
			failures++
			f.options.Log.WarnContext(ctx, "streams are followed anew", "error", err)
			pace.Sleep(ctx, pace.Double(f.options.WaitDelay, f.options.WaitMax, failures))
		}
	}
	return nil
}

// followed is a stream as a session reads it.
type followed struct {
	name    string
	kinds   []string
	started time.Time
	after   uint64
}

// session follows the streams from where their events are committed, under one lease. It ends with that, or with an error.
func (f *Follower) session(ctx context.Context, leases shard.Leases, streams map[string][]string, changed <-chan struct{}) error {
	var places []followed
	for name, kinds := range streams {
		started, err := f.bus.StreamStart(ctx, name)
		if err != nil {
			return err
		}
		after, err := loadPosition(ctx, f.db, f.sub.Consumer, name, started)
		if err != nil {
			return err
		}
		places = append(places, followed{name: name, kinds: kinds, started: started, after: after})
	}
	group, ctx := errgroup.WithContext(ctx)
	items := make(chan *item, f.options.Batch)
	for _, place := range places {
		group.Go(func() error { return f.read(ctx, place, items) })
	}
	group.Go(func() error {
		work := &following{Follower: f, leases: leases, started: map[string]time.Time{}}
		for _, place := range places {
			work.started[place.name] = place.started
		}
		return work.run(ctx, items, changed)
	})
	err := group.Wait()
	if errors.Is(err, errFollowedEnough) {
		return nil
	}
	return err
}

// errFollowedEnough ends a session whose leases have changed.
var errFollowedEnough = errors.New("the leases have changed")

// read hands on the events of a stream.
func (f *Follower) read(ctx context.Context, place followed, items chan<- *item) error {
	tail, err := f.bus.Tail(ctx, place.name, place.kinds, place.after)
	if err != nil {
		return err
	}
	defer tail.Stop()
	for {
		delivery, err := nextOf(ctx, tail)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, context.DeadlineExceeded):
			started, err := f.bus.StreamStart(ctx, place.name)
			if err == nil && !started.Equal(place.started) {
				err = errors.New("stream " + place.name + " was made anew")
			}
			if err != nil {
				return err
			}
			continue
		case err != nil:
			return err
		}
		f.metrics.pending(f.sub.Consumer, delivery)
		select {
		case items <- newDelivered(delivery):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func nextOf(ctx context.Context, tail *bus.Tail) (bus.Delivery, error) {
	ctx, cancel := context.WithTimeout(ctx, streamCheck)
	defer cancel()
	return tail.Next(ctx)
}

// following is the work of one session.
type following struct {
	*Follower
	leases  shard.Leases
	started map[string]time.Time
}

func (w *following) run(ctx context.Context, items <-chan *item, changed <-chan struct{}) error {
	parked := time.NewTimer(0)
	defer parked.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
			if w.owner.Leases().Only(followShard) != w.leases {
				return errFollowedEnough
			}
			changed = w.owner.Changed()
		case <-parked.C:
			if err := w.retried(ctx); err != nil {
				return err
			}
			parked.Reset(w.options.ParkedPoll)
		case first := <-items:
			began := time.Now()
			batch := gather(first, items, w.options.Batch)
			if err := w.outlive(ctx, batch); err != nil {
				return err
			}
			if len(batch) < w.options.Batch {
				pace.Sleep(ctx, w.options.Pace-time.Since(began))
			}
		}
	}
}

// gather is first and what else has arrived, without waiting for more.
func gather(first *item, more <-chan *item, most int) []*item {
	items := append(make([]*item, 0, most), first)
	for len(items) < most {
		select {
		case it := <-more:
			items = append(items, it)
		default:
			return items
		}
	}
	return items
}

// outlive handles a set, which may take a little longer than ctx.
func (w *following) outlive(ctx context.Context, items []*item) error {
	outliving, cancel := pace.Outlive(ctx, stopTime)
	defer cancel()
	return w.handle(outliving, items)
}

// handle brings a set to its end. An error ends the session: the next one begins behind what is committed.
func (w *following) handle(ctx context.Context, items []*item) error {
	for attempt := 1; ; attempt++ {
		err := w.try(ctx, items, w.sub.Handle)
		if err == nil {
			w.applied(ctx, items)
			return nil
		}
		handler, inHandler := errors.AsType[*handlerError](err)
		reason := fault.ReasonOf(err)
		switch {
		case ctx.Err() != nil || reason == shard.ReasonLeaseLost || reason == database.ReasonUnavailable ||
			reason == database.ReasonCommitUnknown || schemaDiffers(err) || !inHandler && len(items) == 1:
			return err
		case len(items) > 1:
			middle := len(items) / 2
			if err := w.handle(ctx, items[:middle]); err != nil {
				return err
			}
			items, attempt = items[middle:], 0
		case fault.Retryable(handler.err):
			w.metrics.waiting.Inc()
			pace.Sleep(ctx, pace.Double(w.options.WaitDelay, w.options.WaitMax, attempt))
		case attempt < w.options.MaxAttempts:
			w.metrics.failures.Inc()
			pace.Sleep(ctx, w.options.RetryDelay<<(2*(attempt-1)))
		default:
			return w.bury(ctx, items[0], err, attempt)
		}
	}
}

// try is the transaction: fence, effect, positions. What cannot be read becomes a dead letter with it.
func (w *following) try(
	ctx context.Context, items []*item, effect func(context.Context, database.Transaction, []Message) error,
) error {
	ctx, cancel := context.WithTimeout(ctx, w.options.Timeout)
	defer cancel()
	ctx, end := followSet(ctx, w.options.Tracer, w.sub.Consumer, items)
	_, err := database.Tx(ctx, w.db, metricName(w.sub.Consumer), func(tx database.Transaction) (struct{}, error) {
		if err := w.leases.Check(ctx, tx); err != nil {
			return struct{}{}, err
		}
		var batch []Message
		for _, it := range items {
			switch {
			case it.broken != nil:
				if err := w.putAside(ctx, tx, it, it.broken, 1); err != nil {
					return struct{}{}, err
				}
			case it.known || w.sub.Unknown:
				batch = append(batch, it.message)
			}
		}
		if len(batch) > 0 {
			if err := guarded(items, func() error { return effect(ctx, tx, batch) }); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, w.settle(ctx, tx, items)
	})
	end(func(i int) bool { return items[i].broken == nil && (items[i].known || w.sub.Unknown) }, err)
	return err
}

// putAside makes an event a dead letter in tx.
func (w *following) putAside(ctx context.Context, tx database.Transaction, it *item, cause error, attempts int) error {
	if w.sub.Aside != nil && !it.malformed() {
		if err := w.sub.Aside(ctx, tx, bareOf(it.event, it.shard)); err != nil {
			return err
		}
	}
	return storeDeadLetter(ctx, tx, w.sub.Consumer, it, cause, attempts)
}

// settle stores how far the streams have been followed, and which dead letters were handled after all.
func (w *following) settle(ctx context.Context, tx database.Transaction, items []*item) error {
	reached := map[string]uint64{}
	var retried []*item
	for _, it := range items {
		if it.delivery == nil {
			retried = append(retried, it)
			continue
		}
		reached[it.delivery.Stream] = max(reached[it.delivery.Stream], it.delivery.StreamSequence)
	}
	if err := savePositions(ctx, tx, w.sub.Consumer, reached, w.started); err != nil {
		return err
	}
	return deleteRetried(ctx, tx, w.sub.Consumer, retried)
}

// applied counts and tells what became of a set.
func (w *following) applied(ctx context.Context, items []*item) {
	w.metrics.batch.Observe(float64(len(items)))
	now := time.Now()
	for _, it := range items {
		if it.broken != nil {
			w.buried(ctx, it, it.broken, 1)
			continue
		}
		w.metrics.applied.Inc()
		w.metrics.delay.Observe(max(now.Sub(it.event.RecordedAt).Seconds(), 0))
	}
}

// bury makes an event that failed a dead letter, and goes on behind it.
func (w *following) bury(ctx context.Context, it *item, cause error, attempts int) error {
	err := w.try(ctx, []*item{it}, func(ctx context.Context, tx database.Transaction, _ []Message) error {
		return w.putAside(ctx, tx, it, cause, attempts)
	})
	if err == nil {
		w.buried(ctx, it, cause, attempts)
	}
	return err
}

func (w *following) buried(ctx context.Context, it *item, cause error, attempts int) {
	w.metrics.deadLetters.Inc()
	w.options.Log.ErrorContext(ctx, "event is a dead letter", "event_id", it.event.ID, "type", it.event.Type, "aggregate",
		it.event.Aggregate, "correlation_id", it.event.CorrelationID, "attempts", attempts, "error", cause)
}

// retried handles dead letters that were handed in again.
func (w *following) retried(ctx context.Context) error {
	rows, err := retriedLetters(ctx, w.db, w.sub.Consumer)
	if err != nil {
		return err
	}
	w.metrics.parked.Set(float64(len(rows)))
	for _, row := range rows {
		event, err := bus.ParseEnvelope(row.envelope)
		if err != nil {
			w.options.Log.ErrorContext(ctx, "parked event cannot be read", "error", err)
			continue
		}
		if err := w.outlive(ctx, []*item{newItem(event, row.shard)}); err != nil {
			return err
		}
	}
	dead, err := countDeadLetters(ctx, w.db, w.sub.Consumer)
	w.metrics.dead.Set(float64(dead))
	return err
}
