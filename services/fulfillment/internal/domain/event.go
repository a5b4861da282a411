package domain

import "time"

// EventKind says what happened.
type EventKind int

// The events, one for each message of the contract.
const (
	EventCreated EventKind = iota + 1
	EventSent
	EventAcknowledged
	EventRejected
	EventPicked
	EventShorted
	EventCancelled
	EventCancelRefused
	EventClosed
	EventShipped
)

// Event is something that happened to an order to a warehouse, or the shipment that left.
type Event struct {
	Kind EventKind
	// Fulfillment is the order after the command that caused the event.
	Fulfillment Fulfillment
	// Sequence is the event's number in its aggregate: the shipment for EventShipped, else the fulfilment.
	Sequence   int64
	OccurredAt time.Time
	// Reason goes with EventRejected and EventCancelRefused.
	Reason string
	// Shorted goes with EventShorted: what is short by this command alone.
	Shorted []Quantity
	// Shipment goes with EventShipped.
	Shipment *Shipment
}

// telling collects the events of one command. They are told together at its end, so that each shows the whole outcome.
type telling struct {
	events []Event
	at     time.Time
}

func (t *telling) tell(event Event) { t.events = append(t.events, event) }

// close hands the command's events over to the book.
func (b *Book) close(f *Fulfillment, t *telling) {
	b.touch(f)
	if len(t.events) == 0 {
		return
	}
	after := f.snapshot()
	for _, event := range t.events {
		event.OccurredAt = t.at
		if event.Kind == EventShipped {
			event.Sequence = 1
		} else {
			f.Sequence++
			event.Sequence = f.Sequence
		}
		event.Fulfillment = after
		b.Changes.Events = append(b.Changes.Events, event)
	}
}
