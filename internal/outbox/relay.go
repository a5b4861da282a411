package outbox

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/observe"
	"github.com/waybill-dev/waybill/internal/pace"
	"github.com/waybill-dev/waybill/internal/shard"
)

// Options are the choices for a relay. The zero value of each field is its default.
type Options struct {
	// StateSources read the newest states, by full name of the state event's message.
	StateSources map[protoreflect.FullName]StateSource
	// Poll is how long a row waits at most when no nudge came: those of another replica. 200 ms.
	Poll time.Duration
	// EventInterval is the least time between two passes, in which events gather: a pass costs the database the same
	// for one as for a hundred. The first event after a pause never waits for it. 50 ms.
	EventInterval time.Duration
	// StateInterval is the least time between two rounds of state events, in which changes of one key are joined. The
	// first change after a pause never waits for it. 50 ms.
	StateInterval time.Duration
	// Page is how many rows are read at a time. 8192.
	Page int
	// Window is how many events may be on their way to the broker. 1024.
	Window int
	Log    *slog.Logger
	// Registerer gets the relay's metrics. None without it.
	Registerer prometheus.Registerer
	// Told is called with each event that the broker has taken, from one goroutine. Nil: it is not.
	Told func(bus.Event)
	// Tracer makes a span of each event that has a correlation id. Nil: none.
	Tracer *observe.Tracer
}

func (o Options) withDefaults() Options {
	if o.Poll == 0 {
		o.Poll = 200 * time.Millisecond
	}
	if o.EventInterval == 0 {
		o.EventInterval = 50 * time.Millisecond
	}
	if o.StateInterval == 0 {
		o.StateInterval = 50 * time.Millisecond
	}
	if o.Page == 0 {
		o.Page = 8192
	}
	if o.Window == 0 {
		o.Window = 1024
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return o
}

const (
	// firstBackoff doubles up to maxBackoff while nothing at all gets through.
	firstBackoff = 50 * time.Millisecond
	maxBackoff   = 5 * time.Second
	// stopTime bounds how long a pass under way may go on once the relay is told to stop.
	stopTime = 2 * time.Second
	// tellEvery keeps a trouble that lasts from filling the log.
	tellEvery = 2 * time.Second
)

// Relay publishes what the outbox of one database holds in the shards that this replica owns. One per replica.
type Relay struct {
	db      *database.DB
	bus     *bus.Bus
	owner   *shard.Owner
	options Options
	metrics *metrics
}

// NewRelay makes a relay; Run works.
func NewRelay(db *database.DB, b *bus.Bus, owner *shard.Owner, options Options) *Relay {
	options = options.withDefaults()
	return &Relay{
		db: db, bus: b, owner: owner, options: options, metrics: newMetrics(options.Registerer, db.Name()),
	}
}

// Run relays until ctx ends, then returns nil. While broker or database do not answer it goes on trying.
func (r *Relay) Run(ctx context.Context) error {
	events := &eventLoop{Relay: r}
	states := newStateLoop(r)
	var loops sync.WaitGroup
	loops.Go(func() { r.loop(ctx, topicEvents, r.options.EventInterval, events.pass) })
	loops.Go(func() { r.loop(ctx, topicStates, r.options.StateInterval, states.pass) })
	loops.Wait()
	events.endWalk()
	return nil
}

// progress is how a pass ended.
type progress struct {
	// more: rows are known to be left that could go at once.
	more bool
	// stuck: there was something to do, and nothing of it succeeded.
	stuck bool
	// silent: stuck because broker or database do not answer. A nudge changes nothing then.
	silent bool
}

// loop runs passes until ctx ends: at once when more is left, else on a nudge, a change of leases or the poll, and
// slower and slower while it is stuck.
func (r *Relay) loop(ctx context.Context, topic string, pause time.Duration, pass func(context.Context, shard.Leases) (progress, error)) {
	nudge, stop := r.db.Listen(topic)
	defer stop()
	var backoff time.Duration
	var toldAt time.Time
	for ctx.Err() == nil {
		changed := r.owner.Changed()
		var end progress
		if leases := r.owner.Leases(); !leases.Empty() {
			var err error
			end, err = pass(ctx, leases)
			if err != nil && ctx.Err() == nil {
				r.metrics.failures.Inc()
				if time.Since(toldAt) > tellEvery {
					toldAt = time.Now()
					r.options.Log.WarnContext(ctx, "relay", "queue", topic, "error", err)
				}
			}
		}
		switch {
		case end.silent:
			backoff = min(max(2*backoff, firstBackoff), maxBackoff)
			pace.Wait(ctx, backoff, nil, changed)
		case end.stuck:
			backoff = min(max(2*backoff, firstBackoff), maxBackoff)
			pace.Wait(ctx, backoff, nudge, changed)
		case end.more:
			backoff = 0
		default:
			backoff = 0
			pace.Wait(ctx, pause, nil, nil)
			pace.Wait(ctx, r.options.Poll, nudge, changed)
		}
	}
}
