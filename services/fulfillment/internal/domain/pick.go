package domain

import (
	"time"

	"github.com/google/uuid"
)

// Pick books what a warehouse has done on an order so far.
type Pick struct {
	Fulfillment uuid.UUID
	Lines       []Progress
	At          time.Time
}

// Progress counts from the beginning of the order; a smaller number than known before changes nothing.
type Progress struct {
	Line                    int32
	Picked, Packed, Shorted int64
}

// Target implements Command.
func (c Pick) Target() uuid.UUID { return c.Fulfillment }

// Decide implements Command. Counters are merged by maximum and end at what was asked for, so repeats and any order of
// arrival give the same state. What is said of services counts for nothing. Refusals: UNKNOWN_FULFILLMENT, UNKNOWN_LINE.
func (c Pick) Decide(b *Book) Outcome {
	f := b.Fulfillments[c.Fulfillment]
	if f == nil {
		return unknown(c.Fulfillment)
	}
	for _, report := range c.Lines {
		if f.line(report.Line) == nil {
			return refused(ReasonUnknownLine, "order %s has no line %d", f.ID, report.Line)
		}
	}
	var moved, worked bool
	var shorted []Quantity
	for _, report := range c.Lines {
		line := f.line(report.Line)
		if line.Service {
			continue
		}
		before := *line
		line.Picked = max(line.Picked, min(report.Picked, line.Requested))
		line.Packed = max(line.Packed, min(report.Packed, line.Requested))
		line.imply()
		line.Shorted = max(line.Shorted, min(report.Shorted, line.Shorted+line.Remaining()))
		if gone := line.Shorted - before.Shorted; gone > 0 {
			shorted = append(shorted, Quantity{Line: line.Number, SKU: line.SKU, Quantity: gone})
		}
		moved = moved || line.Picked != before.Picked || line.Packed != before.Packed
		worked = worked || *line != before
	}
	if !worked {
		return known(f)
	}
	f.counted = true
	f.reach(StageInProgress)
	t := &telling{at: b.occurred(c.At)}
	if moved && !f.Ended() {
		t.tell(Event{Kind: EventPicked})
	}
	f.settle(t, shorted)
	b.close(f, t)
	return known(f)
}

// settle tells what is short, and closes the order if nothing remains. Services go with the first shipment; when no goods
// are left that could be shipped, they are short with them.
func (f *Fulfillment) settle(t *telling, shorted []Quantity) {
	if f.Ended() {
		return
	}
	goods := false
	for _, line := range f.Lines {
		goods = goods || !line.Service && line.Remaining() > 0
	}
	if !goods {
		shorted = append(shorted, f.shortRest()...)
	}
	if len(shorted) > 0 {
		t.tell(Event{Kind: EventShorted, Shorted: shorted})
	}
	if f.Remaining() {
		return
	}
	if f.Stop == StopRequested {
		f.Stop = StopRefused
		t.tell(Event{Kind: EventCancelRefused, Reason: ReasonNothingLeft})
	}
	f.Stage = StageClosed
	t.tell(Event{Kind: EventClosed})
}

// shortRest makes short what remains.
func (f *Fulfillment) shortRest() []Quantity {
	f.counted = true
	var shorted []Quantity
	for i := range f.Lines {
		line := &f.Lines[i]
		if rest := line.Remaining(); rest > 0 {
			line.Shorted += rest
			shorted = append(shorted, Quantity{Line: line.Number, SKU: line.SKU, Quantity: rest, Service: line.Service})
		}
	}
	return shorted
}
