package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"

	"github.com/waybill-dev/waybill/internal/policy"
)

// rewatchDelay is the pause before a watch that the broker ended is taken up again.
const rewatchDelay = 250 * time.Millisecond

// State is the newest state of one thing as a subscriber sees it.
type State struct {
	// Parts name the thing: an item and a node.
	Parts []string
	// Version counts the changes of the thing: apply a state only if it is newer than the one you have.
	Version int64
	// Payload is of the type of the watched event.
	Payload proto.Message
	// OccurredAt is when the state came about, RecordedAt when the publisher read it.
	OccurredAt, RecordedAt time.Time
	// Pending is how many more states are waiting. At 0 the picture is complete as of now.
	Pending uint64
}

// StateWatch delivers states. Not safe for concurrent use. Close it.
type StateWatch struct {
	bus      *Bus
	event    policy.Event
	stream   string
	subjects []string
	messages jetstream.MessagesContext
}

// WatchState subscribes to a state event, given as an empty message of its type: first the last state of everything that
// the filters name, then each change. A filter has one entry per part, "" for any; without filters everything is
// named. A subscriber that is slow skips states that are outdated. A state may come twice, so look at its version.
func (b *Bus) WatchState(ctx context.Context, event proto.Message, filters ...[]string) (*StateWatch, error) {
	entry, err := policy.EventOf(event)
	if err != nil {
		return nil, err
	}
	if !entry.State {
		return nil, fmt.Errorf("event %s carries no state", entry.Type)
	}
	watch := &StateWatch{bus: b, event: entry, stream: streamName(entry), subjects: []string{entry.Type + ".>"}}
	if len(filters) > 0 {
		watch.subjects = watch.subjects[:0]
		for _, filter := range filters {
			watch.subjects = append(watch.subjects, entry.Type+"."+filterTokens(filter))
		}
		slices.Sort(watch.subjects)
		watch.subjects = slices.Compact(watch.subjects)
	}
	if err := watch.open(ctx); err != nil {
		return nil, err
	}
	return watch, nil
}

func filterTokens(filter []string) string {
	tokens := make([]string, len(filter))
	for i, part := range filter {
		tokens[i] = "*"
		if part != "" {
			tokens[i] = encodeToken(part)
		}
	}
	return strings.Join(tokens, ".")
}

func (w *StateWatch) open(ctx context.Context) error {
	consumer, err := w.bus.js.OrderedConsumer(ctx, w.stream, jetstream.OrderedConsumerConfig{
		FilterSubjects: w.subjects,
		DeliverPolicy:  jetstream.DeliverLastPerSubjectPolicy,
	})
	if err != nil {
		return fmt.Errorf("watch %s: %w", w.event.Type, err)
	}
	w.messages, err = consumer.Messages()
	if err != nil {
		return fmt.Errorf("watch %s: %w", w.event.Type, err)
	}
	return nil
}

// Next waits for the next state. It fails only when ctx ends or the bus is closed; while the broker is away it waits,
// and then begins again with the last states.
func (w *StateWatch) Next(ctx context.Context) (State, error) {
	for {
		if ctx.Err() != nil {
			return State{}, ctx.Err()
		}
		if w.bus.conn.IsClosed() {
			return State{}, fmt.Errorf("watch %s: %w", w.event.Type, jetstream.ErrConnectionClosed)
		}
		if w.messages == nil {
			if err := w.reopen(ctx); err != nil {
				w.bus.log.WarnContext(ctx, "watch interrupted", "event", w.event.Type, "error", err)
				continue
			}
		}
		message, err := w.messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			if ctx.Err() == nil {
				w.Close()
			}
			continue
		}
		state, err := w.decode(message)
		if err != nil {
			w.bus.log.ErrorContext(ctx, "state event skipped", "subject", message.Subject(), "error", err)
			continue
		}
		return state, nil
	}
}

func (w *StateWatch) reopen(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(rewatchDelay):
	}
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	return w.open(ctx)
}

func (w *StateWatch) decode(message jetstream.Msg) (State, error) {
	event, err := parseEvent(message.Headers(), message.Data())
	if err != nil {
		return State{}, err
	}
	tokens, ok := strings.CutPrefix(message.Subject(), w.event.Type+".")
	if !ok {
		return State{}, errors.New("the subject is of another event")
	}
	parts, err := DecodeParts(tokens)
	if err != nil {
		return State{}, err
	}
	payload, err := event.Payload()
	if err != nil {
		return State{}, err
	}
	if payload == nil {
		return State{}, fmt.Errorf("message %s is not linked into this process", event.Schema)
	}
	about, err := message.Metadata()
	if err != nil {
		return State{}, err
	}
	return State{
		Parts: parts, Version: event.Version, Payload: payload,
		OccurredAt: event.OccurredAt, RecordedAt: event.RecordedAt, Pending: about.NumPending,
	}, nil
}

// Close ends the watch.
func (w *StateWatch) Close() {
	if w.messages != nil {
		w.messages.Stop()
		w.messages = nil
	}
}
