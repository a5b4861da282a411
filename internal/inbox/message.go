package inbox

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/waybill-dev/waybill/internal/bus"
)

// Message is an event as a handler sees it.
type Message struct {
	// ID names the event for ever.
	ID string
	// Type is that of the taxonomy: "waybill.order.order.accepted.v1".
	Type string
	// Kind names the kind of aggregate, "order.order"; Aggregate its id.
	Kind, Aggregate string
	Sequence        int64
	// Shard is the aggregate's shard at the publisher.
	Shard int32
	// OccurredAt is when it happened, by the source's clock; RecordedAt when the publisher stored it.
	OccurredAt, RecordedAt time.Time
	// CorrelationID and CausationID tie it to the request and the event behind it. Either may be empty.
	CorrelationID, CausationID string
	// TraceParent is the W3C trace context, or empty.
	TraceParent string
	// Payload is the decoded message. Nil only where the subscription asks for unknown types too, of one that is not linked
	// into this process.
	Payload proto.Message
	// StreamSequence is the broker's number of it in its stream; 0 of an event that was parked.
	StreamSequence uint64

	event bus.Event
}

// MessageOf is an event as a handler sees it. It fails when the payload cannot be read.
func MessageOf(event bus.Event, shard int32) (Message, error) {
	payload, err := event.Payload()
	if err != nil {
		return Message{}, err
	}
	message := bareOf(event, shard)
	message.Payload = payload
	return message, nil
}

// Read is an event as a handler sees it, without the payload where that cannot be read.
func Read(event bus.Event, shard int32) Message {
	message, err := MessageOf(event, shard)
	if err != nil {
		return bareOf(event, shard)
	}
	return message
}

func bareOf(event bus.Event, shard int32) Message {
	return Message{
		ID: event.ID, Type: event.Type, Kind: event.Kind(), Aggregate: event.Aggregate, Sequence: event.Sequence, Shard: shard,
		OccurredAt: event.OccurredAt, RecordedAt: event.RecordedAt,
		CorrelationID: event.CorrelationID, CausationID: event.CausationID, TraceParent: event.TraceParent, event: event,
	}
}

// Event is the event as it travelled, to be kept: see bus.Event.AppendEnvelope.
func (m Message) Event() bus.Event { return m.event }

// item is an event on its way through a consumer: from the broker, or from the table of parked events.
type item struct {
	event   bus.Event
	message Message
	// key is the aggregate among all aggregates: see Key.
	key   string
	shard int32
	// broken says why the event can never be handled. known is false for an event of a newer release, which only
	// moves the cursor.
	broken error
	known  bool
	// delivery ends what the broker delivered. Parked events have none.
	delivery *bus.Delivery
}

// Key names an aggregate among the aggregates of all kinds, as cursors and dead letters do.
func Key(kind, aggregate string) string { return kind + "/" + aggregate }

func newItem(event bus.Event, shard int32) *item {
	it := &item{event: event, key: Key(event.Kind(), event.Aggregate), shard: shard}
	message, err := MessageOf(event, shard)
	if err != nil {
		it.broken = err
		return it
	}
	it.known = message.Payload != nil
	it.message = message
	return it
}

func newDelivered(delivery bus.Delivery) *item {
	event := delivery.Event
	if delivery.Malformed != nil {
		if event.ID == "" {
			event.ID = fmt.Sprintf("%s/%d", delivery.Stream, delivery.StreamSequence)
		}
		return &item{event: event, shard: delivery.Shard, broken: delivery.Malformed, delivery: &delivery}
	}
	it := newItem(event, delivery.Shard)
	it.delivery = &delivery
	it.message.StreamSequence = delivery.StreamSequence
	return it
}

// malformed tells that not even the aggregate is known.
func (it *item) malformed() bool { return it.key == "" }

// deliveries counts how often the broker delivered it.
func (it *item) deliveries() int {
	if it.delivery == nil {
		return 0
	}
	return int(min(it.delivery.Deliveries, 1<<20))
}

func (it *item) ack() {
	if it.delivery != nil {
		it.delivery.Ack()
	}
}

// again asks for it once more after the delay. A parked event stays in its table and needs no asking.
func (it *item) again(delay time.Duration) {
	if it.delivery != nil {
		it.delivery.Again(delay)
	}
}
