package bus

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Tail reads the events of a stream in the order in which the broker stored them. The broker keeps nothing of it: where it
// has come is its reader's to remember. Next is for one goroutine.
type Tail struct {
	messages jetstream.MessagesContext
}

// StreamStart is what tells a stream from another of its name: one that was lost and made anew counts from 1 again.
func (b *Bus) StreamStart(ctx context.Context, stream string) (time.Time, error) {
	found, err := b.js.Stream(ctx, stream)
	if err != nil {
		return time.Time{}, fmt.Errorf("stream %s: %w", stream, err)
	}
	return found.CachedInfo().Created.UTC().Truncate(time.Microsecond), nil
}

// Tail begins to read the events of some kinds of aggregates, of all shards, after a sequence of the stream: 0 for all that
// it still has.
func (b *Bus) Tail(ctx context.Context, stream string, kinds []string, after uint64) (*Tail, error) {
	consumer, err := b.js.OrderedConsumer(ctx, stream, jetstream.OrderedConsumerConfig{
		FilterSubjects: tailSubjects(kinds), DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: after + 1,
	})
	if err != nil {
		return nil, fmt.Errorf("tail of %s: %w", stream, err)
	}
	messages, err := consumer.Messages(jetstream.PullMaxMessages(tailPrefetch))
	if err != nil {
		return nil, fmt.Errorf("tail of %s: %w", stream, err)
	}
	return &Tail{messages: messages}, nil
}

// tailPrefetch is how many events lie ready on this side.
const tailPrefetch = 1024

func tailSubjects(kinds []string) []string {
	subjects := make([]string, 0, len(kinds))
	for _, kind := range kinds {
		subjects = append(subjects, subjectRoot+kind+".>")
	}
	slices.Sort(subjects)
	return slices.Compact(subjects)
}

// Next waits for the next event. There is nothing to acknowledge about it. After an error other than ctx's, Stop the tail
// and make another one behind the last event that it gave.
func (t *Tail) Next(ctx context.Context) (Delivery, error) {
	message, err := t.messages.Next(jetstream.NextContext(ctx))
	if err != nil {
		return Delivery{}, err
	}
	return delivered(message)
}

// shardOf is the last token of a subject, 0 where that is no shard.
func shardOf(subject string) int32 {
	shard, err := strconv.ParseInt(subject[strings.LastIndexByte(subject, '.')+1:], 10, 32)
	if err != nil {
		return 0
	}
	return int32(shard)
}

// Stop ends the tail.
func (t *Tail) Stop() { t.messages.Stop() }
