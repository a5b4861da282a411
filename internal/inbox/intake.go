package inbox

import (
	"context"
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
}

func newIntake(c *Consumer) (*intake, error) {
	streams, err := c.bus.Streams(c.sub.Aggregates)
	if err != nil {
		return nil, err
	}
	return &intake{
		Consumer: c, streams: streams, items: make(chan *item, c.options.Batch), pumps: make(map[int32]context.CancelFunc),
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
		pull, err := in.bus.Pull(ctx, config)
		if err == nil {
			failures = 0
			err = in.pumpFrom(ctx, pull)
			pull.Return()
		}
		if ctx.Err() != nil {
			return
		}
		failures++
		in.log.WarnContext(ctx, "events not taken", "stream", config.Stream, "shard", config.Shard, "error", err)
		pace.Sleep(ctx, pace.Double(in.options.WaitDelay, in.options.WaitMax, failures))
	}
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
