package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	// maxAckPending bounds how many events of one shard may be under way or waiting for an earlier one.
	maxAckPending = 4096
	// prefetch is how many events lie ready on this side.
	prefetch       = 64
	returnTime     = time.Second
	pullExpiry     = 30 * time.Second
	pullHeartbeat  = 10 * time.Second
	forgetConsumer = 30 * 24 * time.Hour
)

// PullConfig says which events a durable consumer takes.
type PullConfig struct {
	// Stream is one that Streams gave.
	Stream string
	// Durable is the consumer's name; the shard is added to it.
	Durable string
	// Kinds are the kinds of aggregates whose events are taken.
	Kinds []string
	Shard int32
	// AckWait is after how long an event that was neither acknowledged nor refused is delivered again.
	AckWait time.Duration
	// After is where a consumer begins that the broker does not have, or has no more: a place that Pull.Place gave. The zero
	// value, and one that means nothing any more, are the oldest event.
	After Place
}

// Place is up to where the events of a stream have been acknowledged, by a consumer of some subjects.
type Place struct {
	// Stream tells the stream from another one of its name: see StreamStart.
	Stream time.Time
	// Subjects are what the consumer takes.
	Subjects string
	Sequence uint64
}

// Pull delivers the events of one durable consumer. Next is for one goroutine; all else is for any.
type Pull struct {
	consumer jetstream.Consumer
	messages jetstream.MessagesContext
	place    Place
}

// Streams finds the streams that carry the kinds of aggregates, and which of the kinds each carries.
func (b *Bus) Streams(kinds []string) (map[string][]string, error) { return streamsOf(kinds) }

// Pull makes the durable consumer where it is missing and begins to take events from it: behind config.After, or with the
// oldest event of the stream. When an existing one takes other kinds than it used to, it is made anew and begins at the
// oldest again, for else it would miss what the new kinds have told before; cursors recognise what was applied.
//
// The broker holds what a consumer has acknowledged in memory only. Written down, ten times a second for each consumer that
// works, it would cost more than the events themselves. A broker that starts again, and is the only one, has forgotten it:
// then After counts, and what was acknowledged since comes again.
func (b *Bus) Pull(ctx context.Context, config PullConfig) (*Pull, error) {
	started, err := b.StreamStart(ctx, config.Stream)
	if err != nil {
		return nil, err
	}
	place := Place{Stream: started, Subjects: strings.Join(config.subjects(), " ")}
	if config.After.Stream.Equal(place.Stream) && config.After.Subjects == place.Subjects {
		place.Sequence = config.After.Sequence
	}
	consumer, err := b.ensureConsumer(ctx, config, place.Sequence)
	if err != nil {
		return nil, fmt.Errorf("consumer %s of %s: %w", config.name(), config.Stream, err)
	}
	messages, err := consumer.Messages(jetstream.PullMaxMessages(prefetch), jetstream.PullExpiry(pullExpiry),
		jetstream.PullHeartbeat(pullHeartbeat))
	if err != nil {
		return nil, fmt.Errorf("consumer %s of %s: %w", config.name(), config.Stream, err)
	}
	return &Pull{consumer: consumer, messages: messages, place: place}, nil
}

// Place asks the broker up to where everything has been acknowledged.
func (p *Pull) Place(ctx context.Context) (Place, error) {
	info, err := p.consumer.Info(ctx)
	if err != nil {
		return Place{}, err
	}
	place := p.place
	place.Sequence = max(place.Sequence, info.AckFloor.Stream)
	return place, nil
}

func (c PullConfig) name() string { return c.Durable + "_" + strconv.Itoa(int(c.Shard)) }

func (c PullConfig) subjects() []string {
	var subjects []string
	for _, kind := range c.Kinds {
		subjects = append(subjects, kindSubjects(kind, c.Shard))
	}
	slices.Sort(subjects)
	return slices.Compact(subjects)
}

func (b *Bus) ensureConsumer(ctx context.Context, config PullConfig, after uint64) (jetstream.Consumer, error) {
	there, err := b.js.Consumer(ctx, config.Stream, config.name())
	wanted, remade := config.consumer(after), false
	switch {
	case errors.Is(err, jetstream.ErrConsumerNotFound):
	case err != nil:
		return nil, err
	default:
		info := there.CachedInfo()
		if slices.Equal(filters(info.Config), config.subjects()) {
			if info.Config.MemoryStorage {
				wanted.DeliverPolicy, wanted.OptStartSeq = info.Config.DeliverPolicy, info.Config.OptStartSeq
				break
			}
			wanted = config.consumer(info.AckFloor.Stream) // of a release that had the broker write it down
		} else {
			wanted = config.consumer(0)
		}
		err := b.js.DeleteConsumer(ctx, config.Stream, config.name())
		if err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
			return nil, err
		}
		remade = true
	}
	for attempt := 1; ; attempt++ {
		made, err := b.js.CreateOrUpdateConsumer(ctx, config.Stream, wanted)
		// The broker says that a consumer is gone while it still removes its folder: one of the same name may fail then.
		var refused *jetstream.APIError
		if !remade || attempt == maxRemakes || !errors.As(err, &refused) || refused.ErrorCode != errConsumerCreate {
			return made, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(remakeDelay):
		}
	}
}

const (
	// errConsumerCreate is the broker's code for a consumer whose files it could not make.
	errConsumerCreate jetstream.ErrorCode = 10012
	maxRemakes                            = 10
	remakeDelay                           = 20 * time.Millisecond
)

func (c PullConfig) consumer(after uint64) jetstream.ConsumerConfig {
	wanted := jetstream.ConsumerConfig{
		Durable:           c.name(),
		FilterSubjects:    c.subjects(),
		DeliverPolicy:     jetstream.DeliverAllPolicy,
		AckPolicy:         jetstream.AckExplicitPolicy,
		AckWait:           c.AckWait,
		MaxDeliver:        -1,
		MaxAckPending:     maxAckPending,
		InactiveThreshold: forgetConsumer,
		MemoryStorage:     true,
	}
	if after > 0 {
		wanted.DeliverPolicy, wanted.OptStartSeq = jetstream.DeliverByStartSequencePolicy, after+1
	}
	return wanted
}

func filters(config jetstream.ConsumerConfig) []string {
	subjects := config.FilterSubjects
	if config.FilterSubject != "" {
		subjects = []string{config.FilterSubject}
	}
	return slices.Sorted(slices.Values(subjects))
}

// Next waits for the next delivery. After an error other than ctx's, Stop the pull and make it anew: the broker may have
// been away, or the consumer may be gone.
func (p *Pull) Next(ctx context.Context) (Delivery, error) {
	message, err := p.messages.Next(jetstream.NextContext(ctx))
	if err != nil {
		return Delivery{}, err
	}
	delivery, err := delivered(message)
	delivery.message = message
	return delivery, err
}

// delivered reads a message of a stream.
func delivered(message jetstream.Msg) (Delivery, error) {
	about, err := message.Metadata()
	if err != nil {
		return Delivery{}, err
	}
	delivery := Delivery{
		Shard: shardOf(message.Subject()), Stream: about.Stream, StreamSequence: about.Sequence.Stream,
		Deliveries: about.NumDelivered, Pending: about.NumPending,
	}
	delivery.Event, delivery.Malformed = parseEvent(message.Headers(), message.Data())
	if delivery.Malformed == nil && delivery.Event.Sequence == 0 {
		delivery.Malformed = errors.New("header " + headerSequence + " is missing")
	}
	return delivery, nil
}

// Stop ends the pull. What it has fetched and not delivered comes again after AckWait.
func (p *Pull) Stop() { p.messages.Stop() }

// Return ends the pull and gives back at once what it has fetched and not delivered, for another to take.
func (p *Pull) Return() {
	p.messages.Drain()
	ctx, cancel := context.WithTimeout(context.Background(), returnTime)
	defer cancel()
	for {
		message, err := p.messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			break
		}
		_ = message.Nak()
	}
	p.messages.Stop()
}

// Delivery is one event on its way to a consumer. Either Ack or Again ends it; when neither is called, or
// its word is lost, the event comes again.
type Delivery struct {
	Event Event
	// Malformed says why Event is not whole. It can never be handled.
	Malformed error
	Shard     int32
	// Stream and StreamSequence say where in the broker it lies.
	Stream         string
	StreamSequence uint64
	// Deliveries counts this one and those before.
	Deliveries uint64
	// Pending is how many more events wait in the shard.
	Pending uint64

	message jetstream.Msg
}

// Ack says that the effect is committed. A lost word costs one more delivery. What a Tail gave has none.
func (d Delivery) Ack() {
	if d.message != nil {
		_ = d.message.Ack()
	}
}

// Again asks for another delivery after the delay. What a Tail gave never comes again.
func (d Delivery) Again(delay time.Duration) {
	if d.message == nil {
		return
	}
	if delay <= 0 {
		_ = d.message.Nak()
		return
	}
	_ = d.message.NakWithDelay(delay)
}
