package domain

import (
	"fmt"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/internal/fault"
)

// CancelWant is a part of an order that is not wanted any more. Quantity 0: all of the line that can be cancelled.
type CancelWant struct {
	Line     int32
	Quantity int64
}

// CancelOutcome is what became of one want: cancelled now, asked of a warehouse, refused and why.
type CancelOutcome struct {
	Line                          int32
	Cancelled, Requested, Refused int64
	Reason                        string
}

// Why a part cannot be cancelled.
const (
	ReasonAlreadyShipped   = "ALREADY_SHIPPED"
	ReasonAlreadyCancelled = "ALREADY_CANCELLED"
)

// Cancel takes back what is wanted (nothing: everything that can be). Units are taken from where they are easiest to get
// back: open, backordered, reserved, then those with a warehouse, which is asked; until it agrees a shipment wins. Stock
// and credit that are free by it are left in Errands. Faults: LINE_UNKNOWN, QUANTITY_TOO_LARGE.
func (o *Order) Cancel(wants []CancelWant, actor, reason string, now time.Time) ([]CancelOutcome, error) {
	whole := len(wants) == 0
	if whole {
		for i := range o.Lines {
			wants = append(wants, CancelWant{Line: int32(i + 1)})
		}
	}
	if err := o.checkWants(wants); err != nil {
		return nil, err
	}
	var cancelled []Part
	outcomes := make([]CancelOutcome, 0, len(wants))
	for _, want := range wants {
		outcome := o.cancelLine(want, whole)
		outcomes = append(outcomes, outcome)
		if outcome.Cancelled > 0 {
			cancelled = append(cancelled, Part{Line: want.Line, Quantity: outcome.Cancelled})
		}
	}
	o.Cancelled(cancelled, actor, reason, now)
	return outcomes, nil
}

func (o *Order) checkWants(wants []CancelWant) error {
	for i, want := range wants {
		line := o.Line(want.Line)
		switch {
		case line == nil:
			return fault.New(fault.Invalid, "LINE_UNKNOWN", "the order has no line %d", want.Line).
				WithField(fmt.Sprintf("lines[%d].line_number", i), "LINE_UNKNOWN", "the order has no such line")
		case want.Quantity < 0 || want.Quantity > line.Ordered:
			return fault.New(fault.Invalid, "QUANTITY_TOO_LARGE", "line %d has not that many", want.Line).
				WithField(fmt.Sprintf("lines[%d].quantity", i), "QUANTITY_TOO_LARGE", "more than was ordered")
		}
	}
	return nil
}

func (o *Order) cancelLine(want CancelWant, whole bool) CancelOutcome {
	line, outcome := o.Line(want.Line), CancelOutcome{Line: want.Line}
	left := want.Quantity
	if left == 0 {
		left = line.Remaining()
		if whole || left == 0 {
			left = line.Remaining() + line.Shipped // what is shipped is named as refused
		}
	}
	take := func(bucket *int64) int64 {
		taken := min(left, *bucket)
		*bucket -= taken
		left -= taken
		line.Cancelled += taken
		outcome.Cancelled += taken
		return taken
	}
	take(&line.Open)
	if taken := take(&line.Backordered); taken > 0 {
		o.giveBack("", want.Line, "", taken)
	}
	for i := len(line.At) - 1; i >= 0 && left > 0; i-- {
		node := line.At[i].Node
		taken := line.unreserve(node, left)
		if taken == 0 {
			continue
		}
		left -= taken
		line.Cancelled += taken
		outcome.Cancelled += taken
		if !line.Service {
			o.giveBack("", want.Line, node, taken)
		}
	}
	if outcome.Cancelled > 0 && o.State == Accepted {
		o.Errands.Free = append(o.Errands.Free, Part{Line: want.Line, Quantity: outcome.Cancelled})
	}
	outcome.Requested = o.stopLine(want.Line, line, left)
	outcome.Refused = left - outcome.Requested
	switch {
	case outcome.Refused == 0:
	case line.Shipped > 0:
		outcome.Reason = ReasonAlreadyShipped
	default:
		outcome.Reason = ReasonAlreadyCancelled
	}
	return outcome
}

// stopLine marks up to wanted released units of a line as wanted back and lists the handovers to stop: those that are not
// being stopped yet first, as two requests take two parts of what is in any other bucket. What is being stopped already
// is asked for again.
func (o *Order) stopLine(number int32, line *Line, wanted int64) int64 {
	left, before := wanted, slices.Clone(line.At)
	for i, place := range before {
		if more := min(left, place.Released-place.Stopping); more > 0 {
			line.At[i].Stopping += more
			left -= more
			o.stopAt(number, place.Node, line.Service)
		}
	}
	for _, place := range before {
		if again := min(left, place.Stopping); again > 0 {
			left -= again
			o.stopAt(number, place.Node, line.Service)
		}
	}
	return wanted - left
}

func (o *Order) stopAt(line int32, node Node, service bool) {
	for _, release := range o.Releases {
		if !release.has(line) || (release.Node != node && !service) || o.Errands.stops(release) {
			continue
		}
		o.Errands.Stop = append(o.Errands.Stop, release)
	}
}

func (r Release) has(line int32) bool {
	for _, l := range r.Lines {
		if l == line {
			return true
		}
	}
	return false
}

func (t *Errands) stops(release Release) bool {
	for _, r := range t.Stop {
		if r.Process == release.Process && r.Node == release.Node && r.ShipTo == release.ShipTo {
			return true
		}
	}
	return false
}

// Cancelled tells that parts were cancelled, and ends the order when nothing else is left of it.
func (o *Order) Cancelled(parts []Part, actor, reason string, now time.Time) {
	if len(parts) == 0 || o.State == Rejected {
		return
	}
	sum := o.totals()
	if sum.Cancelled != sum.Ordered {
		o.tell(EventLineCancelled{Actor: actor, Reason: reason, Cancelled: parts})
		o.complete(now)
		return
	}
	o.State = Cancelled
	o.Holds = nil
	o.DropKept()
	o.giveBackDoubt()
	o.Errands.Void, o.Payment = o.Payment, ""
	o.Reasons = append(o.Reasons, Reason{Reason: "CANCELLED", Message: reason})
	o.end(now)
	o.tell(EventCancelled{Actor: actor, Reason: reason})
}
