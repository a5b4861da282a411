package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/policy"
	"github.com/waybill-dev/waybill/internal/shard"
)

// StateKey names the thing whose state is told: an item and a node.
type StateKey struct{ Parts []string }

// State is what a StateSource says of a key.
type State struct {
	Key StateKey
	// Version counts the changes from 1. It grows with every change of what the payload tells.
	Version int64
	// Payload is the state event.
	Payload proto.Message
	// OccurredAt is when the state came about.
	OccurredAt time.Time
}

// StateSource reads the newest committed states of the keys, outside any transaction, in any order. A key without a
// state is left out: nothing is told of it.
type StateSource func(ctx context.Context, keys []StateKey) ([]State, error)

// AddState says that the states of the keys have changed, as the event tells them, given as an empty message of its
// type. It stores one row however many keys there are, and wakes the relay once the transaction is committed.
func AddState(ctx context.Context, tx database.Transaction, event proto.Message, keys ...StateKey) error {
	return addState(ctx, tx, event, "", keys)
}

// RetellState has the states of the keys told although they may not have changed: for a broker that has lost them, or holds
// something else under their versions.
func RetellState(ctx context.Context, tx database.Transaction, event proto.Message, keys ...StateKey) error {
	return addState(ctx, tx, event, retellMark, keys)
}

// retellMark stands before a key that is to be told in any case. Keys do not begin so.
const retellMark = "!"

func addState(ctx context.Context, tx database.Transaction, event proto.Message, mark string, keys []StateKey) error {
	if len(keys) == 0 {
		return nil
	}
	entry, err := policy.EventOf(event)
	if err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	if !entry.State {
		return fmt.Errorf("outbox: %s is no state event: use Add", entry.Type)
	}
	encoded := make([]string, len(keys))
	for i, key := range keys {
		if len(key.Parts) == 0 {
			return errors.New("outbox: a state key has no parts")
		}
		encoded[i] = mark + key.encode()
	}
	slices.Sort(encoded)
	_, err = tx.Exec(ctx, `INSERT INTO outbox_state (shard, id, event, keys) VALUES ($1, $2, $3, $4)`,
		stateShard(entry), id.New(), string(entry.Message), slices.Compact(encoded))
	if err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	tx.Notify(topicStates)
	return nil
}

// stateShard gives all rows of a state event to one replica: keys of many rows then meet and are told once.
func stateShard(entry policy.Event) int32 { return shard.Of(entry.Type) }

// encode writes the key as tokens of its subject.
func (k StateKey) encode() string { return bus.EncodeParts(k.Parts...) }

func decodeKey(tokens string) (StateKey, error) {
	parts, err := bus.DecodeParts(tokens)
	return StateKey{Parts: parts}, err
}

// event is the state as it travels. Its id is the same whenever the same version is published.
func (s State) event(entry policy.Event, now time.Time) (bus.Event, error) {
	if s.Version < 1 {
		return bus.Event{}, fmt.Errorf("state %s has version %d", s.Key.encode(), s.Version)
	}
	if s.Payload == nil {
		return bus.Event{}, fmt.Errorf("state %s has no payload", s.Key.encode())
	}
	if got := s.Payload.ProtoReflect().Descriptor().FullName(); got != entry.Message {
		return bus.Event{}, fmt.Errorf("state %s is a %s, not a %s", s.Key.encode(), got, entry.Message)
	}
	data, err := proto.Marshal(s.Payload)
	if err != nil {
		return bus.Event{}, fmt.Errorf("state %s: %w", s.Key.encode(), err)
	}
	aggregate := keyOf(s.Payload, entry.Key)
	if aggregate == "" {
		aggregate = strings.Join(s.Key.Parts, "|")
	}
	return bus.Event{
		ID:         fmt.Sprintf("%s/%s@%d", entry.Kind(), s.Key.encode(), s.Version),
		Source:     source(entry),
		Type:       entry.Type,
		Schema:     string(entry.Message),
		Aggregate:  aggregate,
		Version:    s.Version,
		OccurredAt: s.OccurredAt,
		RecordedAt: now,
		Data:       data,
	}, nil
}
