package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/waybill-dev/waybill/internal/bus"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/internal/policy"
	"github.com/waybill-dev/waybill/internal/shard"
)

const (
	// topicEvents and topicStates wake the relay after a commit.
	topicEvents = "outbox"
	topicStates = "outbox_state"
	// maxPayload is below what the broker takes in one message, headers included.
	maxPayload = 7 << 20
)

// Event is something that happened, to be told to the world.
type Event struct {
	// ID names the event for ever. Zero: Add makes one. Another must be a UUIDv7 made in this transaction.
	ID uuid.UUID
	// Aggregate is the id of what the event is about, as on the wire, and the value of the payload's key field.
	Aggregate string
	// Sequence counts the aggregate's events from 1, without gaps.
	Sequence int64
	// Shard is the aggregate's shard, the same for all its events.
	Shard int32
	// Payload is a message with the event option that is no state event.
	Payload proto.Message
	// OccurredAt is when it happened. Zero: now.
	OccurredAt time.Time
	// CorrelationID and CausationID tie it to the request and the event behind it. Either may be empty.
	CorrelationID, CausationID string
	// TraceParent is the W3C trace context, or empty.
	TraceParent string
}

// Add stores events in the transaction of the change that they tell of, and wakes the relay once it is committed. Any
// number is one statement. An error means a defect in the event (no event option, a key that is not the aggregate, a
// sequence below 1) or in the statement; the transaction must then fail.
func Add(ctx context.Context, tx database.Transaction, events ...Event) error {
	if len(events) == 0 {
		return nil
	}
	rows := newColumns(len(events))
	now := time.Now()
	for i, event := range events {
		if event.ID == uuid.Nil {
			event.ID = id.New()
		}
		envelope, err := event.envelope(now)
		if err != nil {
			return fmt.Errorf("outbox: event %d: %w", i, err)
		}
		rows.add(event, envelope)
	}
	_, err := tx.Exec(ctx, `INSERT INTO outbox (shard, id, aggregate, sequence, envelope)
		SELECT unnest($1::INT8[]), unnest($2::UUID[]), unnest($3::TEXT[]), unnest($4::INT8[]), unnest($5::BYTEA[])`,
		rows.shards, rows.ids, rows.aggregates, rows.sequences, rows.envelopes)
	if err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	tx.Notify(topicEvents)
	return nil
}

// columns are the rows of an insert, a slice per column.
type columns struct {
	shards     []int32
	ids        []uuid.UUID
	aggregates []string
	sequences  []int64
	envelopes  [][]byte
}

func newColumns(n int) columns {
	return columns{
		shards: make([]int32, 0, n), ids: make([]uuid.UUID, 0, n), aggregates: make([]string, 0, n),
		sequences: make([]int64, 0, n), envelopes: make([][]byte, 0, n),
	}
}

func (c *columns) add(event Event, envelope []byte) {
	c.shards = append(c.shards, event.Shard)
	c.ids = append(c.ids, event.ID)
	c.aggregates = append(c.aggregates, event.Aggregate)
	c.sequences = append(c.sequences, event.Sequence)
	c.envelopes = append(c.envelopes, envelope)
}

func (e Event) envelope(now time.Time) ([]byte, error) {
	if e.Payload == nil {
		return nil, errors.New("it has no payload")
	}
	entry, err := policy.EventOf(e.Payload)
	if err != nil {
		return nil, err
	}
	if err := e.check(entry); err != nil {
		return nil, fmt.Errorf("%s: %w", entry.Type, err)
	}
	data, err := proto.Marshal(e.Payload)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", entry.Type, err)
	}
	if len(data) > maxPayload {
		return nil, fmt.Errorf("%s: %d bytes are more than the broker takes", entry.Type, len(data))
	}
	occurred := e.OccurredAt
	if occurred.IsZero() {
		occurred = now
	}
	return bus.Event{
		ID:            id.Format(id.Event, e.ID),
		Source:        source(entry),
		Type:          entry.Type,
		Schema:        string(entry.Message),
		Aggregate:     e.Aggregate,
		Sequence:      e.Sequence,
		OccurredAt:    occurred,
		RecordedAt:    now,
		CorrelationID: e.CorrelationID,
		CausationID:   e.CausationID,
		TraceParent:   e.TraceParent,
		Data:          data,
	}.AppendEnvelope(make([]byte, 0, len(data)+envelopeOverhead)), nil
}

// envelopeOverhead is roughly what an envelope needs beside its data.
const envelopeOverhead = 384

func (e Event) check(entry policy.Event) error {
	switch {
	case entry.State:
		return errors.New("it is a state event: use AddState")
	case e.ID.Version() != 7:
		return errors.New("its id is no UUIDv7")
	case e.Aggregate == "":
		return errors.New("it names no aggregate")
	case e.Sequence < 1:
		return fmt.Errorf("its sequence is %d", e.Sequence)
	case e.Shard < 0 || e.Shard >= shard.Count:
		return fmt.Errorf("its shard is %d", e.Shard)
	}
	if key := keyOf(e.Payload, entry.Key); key != e.Aggregate {
		return fmt.Errorf("its %s is %q, its aggregate %q", entry.Key, key, e.Aggregate)
	}
	return nil
}

func keyOf(payload proto.Message, field protoreflect.Name) string {
	message := payload.ProtoReflect()
	return message.Get(message.Descriptor().Fields().ByName(field)).String()
}

func source(entry policy.Event) string { return "/waybill/" + entry.Owner }
