package domain

import (
	"time"

	"github.com/google/uuid"
)

// ReasonNothingLeft answers a request to stop when everything was shipped or short before the warehouse answered.
const ReasonNothingLeft = "NOTHING_LEFT"

// Cancel asks to stop an order. A key that was never seen is refused from then on.
type Cancel struct{ Key, Reason string }

// Target implements Command.
func (c Cancel) Target() uuid.UUID { return IDOf(c.Key) }

// Decide implements Command. What the warehouse cannot know yet is stopped at once; else it is asked, and until it has
// answered a shipment wins. A repeat asks nothing again, also after a refusal.
func (c Cancel) Decide(b *Book) Outcome {
	target := c.Target()
	f := b.Fulfillments[target]
	switch {
	case f == nil && b.Undone[target]:
		return Outcome{}
	case f == nil:
		if b.Undone == nil {
			b.Undone = make(map[uuid.UUID]bool)
		}
		b.Undone[target] = true
		b.Changes.Undone = append(b.Changes.Undone, Tombstone(c))
		return Outcome{}
	case f.Ended() || f.Stop != StopNone:
	case f.Stage == StageCreated && !b.Taken[target]:
		f.release()
		f.Stage = StageCancelled
		b.Changes.Unsend = append(b.Changes.Unsend, target)
		b.tellOne(f, Event{Kind: EventCancelled}, b.Now)
	default:
		f.Stop = StopRequested
		b.Changes.Stop = append(b.Changes.Stop, target)
		b.Changes.Unsend = append(b.Changes.Unsend, target)
		b.touch(f)
	}
	return known(f)
}

// AnswerStop books what a warehouse said to the request to stop an order. It may stop without being asked.
type AnswerStop struct {
	Fulfillment uuid.UUID
	Accepted    bool
	Reason      string
	At          time.Time
}

// Target implements Command.
func (c AnswerStop) Target() uuid.UUID { return c.Fulfillment }

// Decide implements Command. What was shipped before stays shipped.
func (c AnswerStop) Decide(b *Book) Outcome {
	f := b.Fulfillments[c.Fulfillment]
	switch {
	case f == nil:
		return unknown(c.Fulfillment)
	case f.Ended():
	case c.Accepted:
		f.release()
		f.Stage = StageCancelled
		b.tellOne(f, Event{Kind: EventCancelled}, b.occurred(c.At))
	case f.Stop == StopRequested:
		f.Stop = StopRefused
		b.tellOne(f, Event{Kind: EventCancelRefused, Reason: c.Reason}, b.occurred(c.At))
	}
	return known(f)
}
