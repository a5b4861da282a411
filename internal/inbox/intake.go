package inbox

import (
	"context"
	"maps"
	"sync"

	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/pace"
	"github.com/waybill-dev/waybill/internal/shard"
)

// intake takes events from the broker, for each owned shard and each stream with a goroutine of its own.
type intake struct {
	*Consumer
	streams map[string][]string // the kinds to take from each stream
	items   chan *item
	pumps   map[int32]context.CancelFunc
	running sync.WaitGroup

	mu    sync.Mutex
	pulls map[source]*bus.Pull // under way
	known map[source]bus.Place // as stored, or read
}

// source is what one pump takes from.
type source struct {
	stream string
	shard  int32
}

func newIntake(c *Consumer) (*intake, error) {
	streams, err := c.bus.Streams(c.sub.Aggregates)
	if err != nil {
		return nil, err
	}
	return &intake{
		Consumer: c, streams: streams, items: make(chan *item, c.options.Batch), pumps: make(map[int32]context.CancelFunc),
		pulls: make(map[source]*bus.Pull), known: make(map[source]bus.Place),
	}, nil
}

// batch is first and what else has arrived, without waiting for more.
func (in *intake) batch(first *item) []*item {
	items := append(make([]*item, 0, in.options.Batch), first)
	for len(items) < in.options.Batch {
		select {
		case it := <-in.items:
			items = append(items, it)
		default:
			return items
		}
	}
	return items
}

// follow starts and stops pumps so that they are those of the owned shards.
func (in *intake) follow(ctx context.Context, leases shard.Leases) {
	for number, stop := range in.pumps {
		if !leases.Holds(number) {
			stop()
			delete(in.pumps, number)
			in.metrics.forget(in.sub.Consumer, number)
		}
	}
	for _, number := range leases.Shards() {
		if in.pumps[number] != nil {
			continue
		}
		pumping, stop := context.WithCancel(ctx)
		in.pumps[number] = stop
		for stream, kinds := range in.streams {
			config := bus.PullConfig{
				Stream: stream, Durable: in.sub.Consumer, Kinds: kinds, Shard: number, AckWait: in.options.AckWait,
			}
			in.running.Go(func() { in.pump(pumping, config) })
		}
	}
}

// close ends all pumps and gives back what they had fetched.
func (in *intake) close() {
	for _, stop := range in.pumps {
		stop()
	}
	in.running.Wait()
	for {
		select {
		case it := <-in.items:
			it.again(0)
		default:
			return
		}
	}
}

// pump moves events from one durable consumer of the broker into the intake until ctx ends.
func (in *intake) pump(ctx context.Context, config bus.PullConfig) {
	for failures := 0; ctx.Err() == nil; {
		connected, stop := in.untilReconnected(ctx)
		pull, err := in.open(connected, config)
		if err == nil {
			failures = 0
			err = in.pumpFrom(connected, pull)
			in.end(source{config.Stream, config.Shard})
			pull.Return()
		}
		anew := connected.Err() != nil
		stop()
		if ctx.Err() != nil {
			return
		}
		if anew {
			continue
		}
		failures++
		in.log.WarnContext(ctx, "events not taken", "stream", config.Stream, "shard", config.Shard, "error", err)
		pace.Sleep(ctx, pace.Double(in.options.WaitDelay, in.options.WaitMax, failures))
	}
}

// untilReconnected is ctx up to where the broker is there again after it was away: it may have forgotten the consumer.
func (in *intake) untilReconnected(ctx context.Context) (context.Context, context.CancelFunc) {
	reconnected := in.bus.Reconnected()
	connected, stop := context.WithCancel(ctx)
	in.running.Go(func() {
		defer stop()
		select {
		case <-reconnected:
		case <-connected.Done():
		}
	})
	return connected, stop
}

// open begins to take events, behind what is known to be acknowledged where the broker has forgotten it.
func (in *intake) open(ctx context.Context, config bus.PullConfig) (*bus.Pull, error) {
	after, err := loadPlace(ctx, in.db, in.sub.Consumer, config.Stream, config.Shard)
	if err != nil {
		return nil, err
	}
	config.After = after
	pull, err := in.bus.Pull(ctx, config)
	if err != nil {
		return nil, err
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	from := source{config.Stream, config.Shard}
	in.pulls[from], in.known[from] = pull, after
	return pull, nil
}

func (in *intake) end(from source) {
	in.mu.Lock()
	defer in.mu.Unlock()
	delete(in.pulls, from)
}

// remember stores again and again up to where events are acknowledged, until ctx ends. It may lag: what comes again then,
// cursors recognise.
func (in *intake) remember(ctx context.Context) {
	for ctx.Err() == nil {
		pace.Sleep(ctx, in.options.Remember)
		if err := in.storePlaces(ctx); err != nil && ctx.Err() == nil {
			in.log.DebugContext(ctx, "places not stored", "error", err)
		}
	}
}

func (in *intake) storePlaces(ctx context.Context) error {
	in.mu.Lock()
	pulls, known := maps.Clone(in.pulls), maps.Clone(in.known)
	in.mu.Unlock()
	moved := make(map[source]bus.Place)
	for from, pull := range pulls {
		place, err := pull.Place(ctx)
		if err != nil {
			return err
		}
		if place != known[from] && place.Sequence > 0 {
			moved[from] = place
		}
	}
	if len(moved) == 0 {
		return nil
	}
	if err := savePlaces(ctx, in.db, in.sub.Consumer, moved); err != nil {
		return err
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	maps.Copy(in.known, moved)
	return nil
}

func (in *intake) pumpFrom(ctx context.Context, pull *bus.Pull) error {
	for {
		delivery, err := pull.Next(ctx)
		if err != nil {
			return err
		}
		in.metrics.pending(in.sub.Consumer, delivery)
		it := newDelivered(delivery)
		select {
		case in.items <- it:
		case <-ctx.Done():
			it.again(0)
			return ctx.Err()
		}
	}
}
