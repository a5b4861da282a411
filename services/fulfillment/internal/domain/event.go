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
	EventManifested
	EventVoided
	EventCarrierAssigned
	EventInTransit
	EventDelivered
	EventLost
	EventReturnedToSender
)

// Event is something that happened to an order to a warehouse, or to a shipment.
type Event struct {
	Kind EventKind
	// Fulfillment is the order after the command that caused the event; nothing for events of shipments.
	Fulfillment Fulfillment
	// Sequence is the event's number in its aggregate: the shipment or the fulfilment.
	Sequence   int64
	OccurredAt time.Time
	// Reason goes with EventRejected, EventCancelRefused and EventVoided.
	Reason string
	// Shorted goes with EventShorted: what is short by this command alone.
	Shorted []Quantity
	// Shipment goes with the events of shipments: as it is after the event.
	Shipment *Shipment
	// Milestone goes with the events of carriers.
	Milestone Milestone
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
		f.Sequence++
		event.Sequence = f.Sequence
		event.Fulfillment = after
		b.Changes.Events = append(b.Changes.Events, event)
	}
}
