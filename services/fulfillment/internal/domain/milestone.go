package domain

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

// Milestone is something that a carrier says of a shipment.
type Milestone struct {
	// Kind is IN_TRANSIT, DELIVERED, LOST or RETURNED_TO_SENDER.
	Kind ShipmentState `json:"kind"`
	// Name is what the carrier calls it.
	Name     string `json:"name,omitempty"`
	Location string `json:"location,omitempty"`
	// Proof says who signed, or how else it is proven that it arrived.
	Proof string    `json:"proof,omitempty"`
	At    time.Time `json:"at"`
	// Untimed: the carrier did not say when; At is when it was recorded.
	Untimed    bool      `json:"untimed,omitempty"`
	RecordedAt time.Time `json:"recorded_at"`
}

// maxMilestones bounds what is kept of one shipment.
const maxMilestones = 1000

// milestoneEvents are the events of the kinds.
var milestoneEvents = map[ShipmentState]EventKind{
	ShipmentInTransit: EventInTransit, ShipmentDelivered: EventDelivered, ShipmentLost: EventLost,
	ShipmentReturned: EventReturnedToSender,
}

// Track books a milestone of a shipment. At in it is the zero time when the carrier does not say when.
type Track struct {
	Ref       ShipmentRef
	Milestone Milestone
}

// Target implements Command.
func (c Track) Target() uuid.UUID { return uuid.Nil }

// Shipment implements ShipmentCommand.
func (c Track) Shipment() ShipmentRef { return c.Ref }

// Decide implements Command. Milestones are a set, and the state is what they say together, so any order of arrival and any
// repeats give the same state. Those of a shipment that has not left are kept and told when it has. Refusals: SHIPMENT_REQUIRED,
// UNKNOWN_SHIPMENT, TOO_MANY_MILESTONES.
func (c Track) Decide(b *Book) Outcome {
	if c.Ref.ID == uuid.Nil && c.Ref.Number == "" {
		return refused(ReasonShipmentRequired, "a milestone names its shipment by its id, or by the node and its number there")
	}
	s := b.shipment(c.Ref)
	if s == nil {
		return unknownShipment(c.Ref)
	}
	next := c.Milestone
	next.RecordedAt, next.Untimed = b.Now, next.At.IsZero()
	next.At = b.occurred(next.At)
	outcome := Outcome{ID: s.ID, Known: true}
	if slices.ContainsFunc(s.Milestones, next.repeats) {
		return outcome
	}
	if len(s.Milestones) >= maxMilestones {
		return refused(ReasonTooManyMilestones, "%d milestones of shipment %q are known", maxMilestones, s.Number)
	}
	s.Milestones = append(slices.Clip(s.Milestones), next)
	slices.SortStableFunc(s.Milestones, func(a, b Milestone) int { return a.At.Compare(b.At) })
	b.change(s)
	if s.Left() {
		s.State = s.merged()
		b.tellMilestone(s, next)
	}
	return outcome
}

// repeats reports whether the carrier has said the same before.
func (m Milestone) repeats(known Milestone) bool {
	return m.Kind == known.Kind && m.Name == known.Name && m.Location == known.Location && m.Untimed == known.Untimed &&
		(m.Untimed || m.At.Equal(known.At))
}

// weight decides between milestones of the same moment.
var weight = map[ShipmentState]int{ShipmentInTransit: 1, ShipmentLost: 2, ShipmentReturned: 3, ShipmentDelivered: 4}

// merged is the state that the milestones say together. A shipment that has arrived or comes back stays so, whatever else is heard
// of it; one that was lost is found when it is heard of later. Of equals the latest counts.
func (s *Shipment) merged() ShipmentState {
	last := Milestone{Kind: ShipmentShipped}
	for _, m := range s.Milestones {
		ended, ends := last.ends(), m.ends()
		newer := m.At.After(last.At) || m.At.Equal(last.At) && weight[m.Kind] > weight[last.Kind]
		if last.Kind == ShipmentShipped || ends && !ended || ends == ended && newer {
			last = m
		}
	}
	return last.Kind
}

// ends reports whether the shipment's way is over with it.
func (m Milestone) ends() bool { return m.Kind == ShipmentDelivered || m.Kind == ShipmentReturned }

// tellMilestone tells one, and opens exceptions for what people have to look at.
func (b *Book) tellMilestone(s *Shipment, m Milestone) {
	b.tellShipment(s, Event{Kind: milestoneEvents[m.Kind], OccurredAt: m.At, Milestone: m})
	switch m.Kind {
	case ShipmentLost:
		b.except(ExceptionShipmentLost, s, s.ID.String(), string(m.Kind), "the carrier has lost the shipment")
	case ShipmentReturned:
		b.except(ExceptionReturnedToSender, s, s.ID.String(), string(m.Kind),
			"the shipment comes back undelivered: authorise its return by RecoverShipment")
	default:
	}
	kinds := map[ShipmentState]bool{}
	for _, one := range s.Milestones {
		if one.Kind != ShipmentInTransit {
			kinds[one.Kind] = true
		}
	}
	if len(kinds) > 1 {
		b.except(ExceptionMilestonesDiffer, s, s.ID.String(), string(ExceptionMilestonesDiffer),
			"the carrier says more than one end of the way: the latest counts")
	}
}

// tellHeld tells the milestones that were known before the shipment left, as far as was known.
func (b *Book) tellHeld(s *Shipment) {
	for _, m := range s.Milestones {
		b.tellMilestone(s, m)
	}
}
