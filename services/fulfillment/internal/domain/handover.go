package domain

import (
	"time"

	"github.com/google/uuid"
)

// HandOver books what a warehouse said when it was given an order: it took it, or refused it for good.
type HandOver struct {
	Fulfillment uuid.UUID
	Refused     bool
	Reason      string
}

// Target implements Command.
func (c HandOver) Target() uuid.UUID { return c.Fulfillment }

// Decide implements Command. Reports may have been faster: then nothing is left to be said.
func (c HandOver) Decide(b *Book) Outcome {
	f := b.Fulfillments[c.Fulfillment]
	if f == nil {
		return unknown(c.Fulfillment)
	}
	if c.Refused {
		return b.reject(f, c.Reason, b.Now)
	}
	if f.reach(StageSent) {
		b.tellOne(f, Event{Kind: EventSent}, b.Now)
	}
	return known(f)
}

// Acknowledge books that a warehouse has confirmed an order, or will not do it after all.
type Acknowledge struct {
	Fulfillment uuid.UUID
	Rejected    bool
	Reason      string
	At          time.Time
}

// Target implements Command.
func (c Acknowledge) Target() uuid.UUID { return c.Fulfillment }

// Decide implements Command.
func (c Acknowledge) Decide(b *Book) Outcome {
	f := b.Fulfillments[c.Fulfillment]
	if f == nil {
		return unknown(c.Fulfillment)
	}
	if c.Rejected {
		return b.reject(f, c.Reason, b.occurred(c.At))
	}
	if f.reach(StageAcknowledged) {
		b.tellOne(f, Event{Kind: EventAcknowledged}, b.occurred(c.At))
	}
	return known(f)
}

// reject ends an order that the warehouse will not do. What was shipped all the same stays shipped.
func (b *Book) reject(f *Fulfillment, reason string, at time.Time) Outcome {
	if !f.Ended() {
		f.release()
		f.Stage = StageRejected
		b.tellOne(f, Event{Kind: EventRejected, Reason: reason}, at)
	}
	return known(f)
}

// tellOne closes a command that told one event.
func (b *Book) tellOne(f *Fulfillment, event Event, at time.Time) {
	t := &telling{at: at}
	t.tell(event)
	b.close(f, t)
}

// CloseShort ends an order of which nothing more will come, by the word of a person: the rest is not missing, it is free again.
type CloseShort struct {
	Fulfillment uuid.UUID
	Reason      string
}

// Target implements Command.
func (c CloseShort) Target() uuid.UUID { return c.Fulfillment }

// Decide implements Command. An order that has ended stays as it is.
func (c CloseShort) Decide(b *Book) Outcome {
	f := b.Fulfillments[c.Fulfillment]
	if f == nil {
		return unknown(c.Fulfillment)
	}
	if f.Ended() {
		return known(f)
	}
	if f.Stage == StageCreated {
		b.Changes.Unsend = append(b.Changes.Unsend, f.ID)
	}
	f.release()
	f.Stage = StageClosed
	b.tellOne(f, Event{Kind: EventRejected, Reason: c.Reason}, b.Now)
	return known(f)
}
