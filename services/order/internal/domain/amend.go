package domain

import (
	"fmt"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/internal/fault"
)

// Why an order or a line cannot be amended.
const (
	ReasonNotDecided       = "ORDER_NOT_DECIDED"
	ReasonEnded            = "ORDER_ENDED"
	ReasonAmendmentPending = "AMENDMENT_PENDING"
	ReasonLineMoved        = "LINE_MOVED"
	ReasonOrderMoved       = "ORDER_MOVED"
)

// Amendment is a wanted change of an order, as it was read: what it does to lines is fixed then, so that what is taken is
// what was priced and claimed.
type Amendment struct {
	// Revision is the one that the order has afterwards.
	Revision int32      `json:"revision"`
	Lines    []LineWant `json:"lines,omitempty"`
	// Added are new lines, after the last one.
	Added []Line `json:"added,omitempty"`
	// Moved: the goods go elsewhere. AsksFreight: the transport system is asked how they may travel there.
	Moved       bool `json:"moved,omitempty"`
	AsksFreight bool `json:"asks_freight,omitempty"`
	// NotBefore is the new first day; nil: it stays. A zero time: at once.
	NotBefore *time.Time `json:"not_before,omitempty"`
	Actor     string     `json:"actor,omitempty"`
	Reason    string     `json:"reason,omitempty"`
}

// LineWant is what an amendment does to one line: More is ordered, or Less is taken back by the rules of a cancellation.
type LineWant struct {
	Line int32 `json:"line"`
	More int64 `json:"more,omitempty"`
	Less int64 `json:"less,omitempty"`
	// PriceBefore is the price that another one takes the place of; empty: it stays.
	PriceBefore string `json:"price_before,omitempty"`
}

// Amended is a revision that an order has taken.
type Amended struct {
	Revision int32        `json:"revision"`
	Actor    string       `json:"actor"`
	Reason   string       `json:"reason"`
	Changes  []LineChange `json:"changes,omitempty"`
	// Moved: the goods go elsewhere.
	Moved bool `json:"moved,omitempty"`
}

// LineChange is what a revision did to one line.
type LineChange struct {
	Line        int32  `json:"line"`
	Before      int64  `json:"before,omitempty"`
	Ordered     int64  `json:"ordered"`
	Cancelled   int64  `json:"cancelled,omitempty"`
	PriceBefore string `json:"price_before,omitempty"`
	// Swap says of a new line for which one it stands in.
	Swap *Swap `json:"swap,omitempty"`
}

// AmendmentOutcome is what became of an amendment. Number is its process's; Refusal is empty when it was taken.
type AmendmentOutcome struct {
	Number           int
	Refusal, Message string
	Outcomes         []CancelOutcome
}

// Asks reports whether it makes the order worth more, as far as can be told without its prices.
func (a *Amendment) Asks() bool {
	return len(a.Added) > 0 || slices.ContainsFunc(a.Lines, func(l LineWant) bool { return l.More > 0 || l.PriceBefore != "" })
}

// MayAmend is nil when the order can take the amendment now. Faults: ORDER_NOT_DECIDED, ORDER_ENDED, LINE_UNKNOWN,
// LINE_MOVED (another price for a line of which something is with a warehouse or shipped), ORDER_MOVED (another address
// after something was handed over).
func (o *Order) MayAmend(a *Amendment) error {
	switch {
	case o.State == Received:
		return fault.New(fault.Precondition, ReasonNotDecided, "the order is still being decided")
	case o.State != Accepted && o.State != Held || !o.CompletedAt.IsZero():
		return fault.New(fault.Precondition, ReasonEnded, "nothing of the order remains to be changed")
	}
	for i, want := range a.Lines {
		line := o.Line(want.Line)
		if line == nil {
			return fault.New(fault.Invalid, "LINE_UNKNOWN", "the order has no line %d", want.Line).
				WithField(fmt.Sprintf("lines[%d].line_number", i), "LINE_UNKNOWN", "the order has no such line")
		}
		if want.PriceBefore != "" && line.Released+line.Shipped > 0 {
			return fault.New(fault.Precondition, ReasonLineMoved, "a part of line %d is with a warehouse or was shipped", want.Line).
				WithField(fmt.Sprintf("lines[%d].unit_price", i), ReasonLineMoved, "the price of what has moved stays")
		}
	}
	if sum := o.totals(); a.Moved && sum.Released+sum.Shipped > 0 {
		return fault.New(fault.Precondition, ReasonOrderMoved, "a part of the order is with a warehouse or was shipped").
			WithField("ship_to", ReasonOrderMoved, "goods are under way to the old address")
	}
	return nil
}

// Wanted is how much of the line is still wanted: neither cancelled nor asked back from a warehouse.
func (l *Line) Wanted() int64 {
	wanted := l.Ordered - l.Cancelled
	for _, place := range l.At {
		wanted -= place.Stopping
	}
	return wanted
}

// AskToAmend begins an amendment whose credit is to be claimed first: the order takes it, or not, when that is answered.
// What warehouses ship beyond what was asked of them waits until then. Faults: as MayAmend, and AMENDMENT_PENDING.
func (o *Order) AskToAmend(a *Amendment, number int) error {
	if err := o.MayAmend(a); err != nil {
		return err
	}
	if o.Amending != 0 {
		return fault.New(fault.Conflict, ReasonAmendmentPending, "another amendment of the order is being decided").
			WithRetryAfter(time.Second)
	}
	o.Amending = number
	return nil
}

// RefuseAmendment decides what AskToAmend began: the order stays as it is. It takes no other amendment before EndAmendment:
// credit that was claimed for this one is given back first, since the next one is claimed for the same revision.
func (o *Order) RefuseAmendment(number int, reason, message string) {
	o.Errands.Decided = append(o.Errands.Decided, AmendmentOutcome{Number: number, Refusal: reason, Message: message})
}

// TakeAmendment ends what AskToAmend began: the order is as wanted. It refuses by a fault when the order has moved on
// since, and is unchanged then.
func (o *Order) TakeAmendment(a *Amendment, number int, now time.Time) error {
	outcomes, err := o.Amend(a, now)
	if err != nil {
		return err
	}
	o.Errands.Decided = append(o.Errands.Decided, AmendmentOutcome{Number: number, Outcomes: outcomes})
	o.EndAmendment(now)
	return nil
}

// EndAmendment lets the order take the next amendment; what was shipped beyond what was asked of it counts now.
func (o *Order) EndAmendment(now time.Time) {
	o.Amending = 0
	extras := o.Extras
	o.Extras = nil
	for _, part := range extras {
		o.overShipped(part, now)
	}
}

// Amend changes the order. An order that is not accepted yet takes the change silently: it is told with its acceptance.
func (o *Order) Amend(a *Amendment, now time.Time) ([]CancelOutcome, error) {
	if err := o.MayAmend(a); err != nil {
		return nil, err
	}
	amended := Amended{Revision: a.Revision, Actor: a.Actor, Reason: a.Reason, Moved: a.Moved}
	if a.Moved {
		o.moveFreight(now)
	}
	var outcomes []CancelOutcome
	var cancelled []Part
	for _, want := range a.Lines {
		line := o.Line(want.Line)
		change := LineChange{Line: want.Line, Before: line.Ordered, PriceBefore: want.PriceBefore}
		line.Ordered += want.More
		line.Open += want.More
		o.addOpen(line, want.More)
		if want.Less > 0 {
			outcome := o.cancelLine(CancelWant{Line: want.Line, Quantity: want.Less}, false)
			outcomes = append(outcomes, outcome)
			if change.Cancelled = outcome.Cancelled; change.Cancelled > 0 {
				cancelled = append(cancelled, Part{Line: want.Line, Quantity: outcome.Cancelled})
			}
		}
		change.Ordered = line.Ordered
		amended.Changes = append(amended.Changes, change)
	}
	for _, line := range a.Added {
		line.Added = line.Open
		o.addOpen(&line, line.Open)
		o.Lines = append(o.Lines, line)
		amended.Changes = append(amended.Changes, LineChange{Line: int32(len(o.Lines)), Ordered: line.Ordered})
	}
	if a.NotBefore != nil {
		o.NotBefore = *a.NotBefore
	}
	if o.State == Accepted {
		o.promiseServices()
	}
	o.revise(amended)
	o.Cancelled(cancelled, a.Actor, a.Reason, now)
	return outcomes, nil
}

// revise takes a revision and tells of it; before the order is accepted it is kept to be told then.
func (o *Order) revise(amended Amended) {
	o.Revision = amended.Revision
	o.Errands.Amended = append(o.Errands.Amended, amended)
	if o.State == Accepted {
		o.tell(EventAmended{amended})
		return
	}
	if o.Untold != nil {
		amended.Changes = append(slices.Clone(o.Untold.Changes), amended.Changes...)
		amended.Moved = amended.Moved || o.Untold.Moved
	}
	o.Untold = &amended
}

// addOpen counts open units that no failure of a warehouse brought. Before the acceptance all open units are asked for
// together, unless some are set aside already.
func (o *Order) addOpen(line *Line, quantity int64) {
	if o.State == Accepted || o.Kept != nil {
		line.Added += quantity
	}
}

// reviseItself books a change that the order makes of itself because of a fact. What is told in one go is one revision.
func (o *Order) reviseItself(reason string, change LineChange) {
	if last := len(o.Errands.Amended) - 1; last >= 0 && o.Errands.Amended[last].Actor == actorWaybill {
		amended := &o.Errands.Amended[last]
		if at := slices.IndexFunc(amended.Changes, func(c LineChange) bool { return c.Line == change.Line }); at >= 0 {
			amended.Changes[at].Ordered = change.Ordered
		} else {
			amended.Changes = append(amended.Changes, change)
		}
		for i, event := range o.Events {
			if told, ok := event.(EventAmended); ok && told.Revision == amended.Revision {
				o.Events[i] = EventAmended{*amended}
			}
		}
		return
	}
	o.revise(Amended{Revision: o.Revision + 1, Actor: actorWaybill, Reason: reason, Changes: []LineChange{change}})
}
