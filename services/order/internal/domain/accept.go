package domain

import (
	"slices"
	"time"
)

// Grant is what a reservation brought: what was set aside where, what waits, under which key.
type Grant struct {
	Key   string
	Lines []GrantLine
}

// GrantLine is what a reservation brought for one line. What is in neither bucket stayed unfilled.
type GrantLine struct {
	Line        int32
	At          []Part
	Backordered int64
}

// Await remembers that the answer to a reservation is on its way, so that events about it that come first can be kept.
func (o *Order) Await(key string) {
	if !slices.Contains(o.Awaiting, key) {
		o.Awaiting = append(o.Awaiting, key)
	}
}

// Forget ends Await without a grant: the reservation was refused or is being undone. What events told of it meanwhile is
// undone with it.
func (o *Order) Forget(key string) {
	o.Awaiting = slices.DeleteFunc(o.Awaiting, func(k string) bool { return k == key })
	o.Early = slices.DeleteFunc(slices.Clone(o.Early), func(a Arrival) bool { return a.Key == key })
}

// Undo is Forget of a reservation that is taken back whole, whatever it brought or brings.
func (o *Order) Undo(key string) {
	o.Forget(key)
	o.Undone = append(o.Undone, key)
}

// Accept takes the order: services are promised at once, goods as far as the grant says (nil: there are no goods). What
// was cancelled since the grant was asked for is given back.
func (o *Order) Accept(grant *Grant, now time.Time) {
	o.State = Accepted
	o.AcceptedAt = now
	o.promiseServices()
	for i := range o.Lines {
		if line := &o.Lines[i]; line.Cancelled > 0 {
			o.Errands.Free = append(o.Errands.Free, Part{Line: int32(i + 1), Quantity: line.Cancelled})
		}
	}
	o.tell(EventAccepted{})
	if o.Untold != nil {
		o.tell(EventAmended{*o.Untold})
		o.Untold = nil
	}
	if grant != nil {
		o.Take(*grant)
	}
}

// promiseServices moves open services to reserved: they need no stock.
func (o *Order) promiseServices() {
	for i := range o.Lines {
		if line := &o.Lines[i]; line.Service && line.Open > 0 {
			line.reserve(&line.Open, "", line.Open)
		}
	}
}

// Take books what a reservation brought: open units become reserved or backordered. What is no longer open, because it
// was cancelled meanwhile, is given back. Then what events told of the reservation before its answer was known counts.
func (o *Order) Take(grant Grant) {
	var waiting, allocated []Part
	for _, got := range grant.Lines {
		line := o.Line(got.Line)
		if line == nil {
			continue
		}
		for _, part := range got.At {
			if rest := part.Quantity - line.reserve(&line.Open, part.Node, part.Quantity); rest > 0 {
				o.giveBack("", got.Line, part.Node, rest)
			}
		}
		waits := min(got.Backordered, line.Open)
		if waits > 0 {
			line.Open -= waits
			line.Backordered += waits
			waiting = append(waiting, Part{Line: got.Line, Quantity: waits})
		}
		if rest := got.Backordered - waits; rest > 0 {
			o.giveBack("", got.Line, "", rest)
		}
		allocated = append(allocated, o.settleSurplus(got.Line, line)...)
	}
	if len(waiting) > 0 {
		o.tell(EventLineBackordered{Parts: waiting})
	}
	o.allocated(allocated)
	o.takeEarly(grant.Key)
}

// takeEarly books the events about a reservation that came before its answer, in the order in which they came.
func (o *Order) takeEarly(key string) {
	early := o.Early
	o.Forget(key)
	for _, a := range early {
		switch {
		case a.Key != key:
		case a.Quantity > 0:
			o.StockArrived(key, []Part{a.Part})
		default:
			a.Quantity = -a.Quantity
			o.StockRevoked(key, []Part{a.Part})
		}
	}
}

func (o *Order) giveBack(key string, line int32, node Node, quantity int64) {
	if node == "" {
		o.Line(line).unwanted(quantity)
	}
	o.Errands.GiveBack = append(o.Errands.GiveBack, GiveBack{Key: key, Part: Part{Line: line, Node: node, Quantity: quantity}})
}

// lend is giveBack of what may be looked for anew: a hold may stand between, and what is looked for after it is as old as this.
func (o *Order) lend(line int32, node Node, quantity int64) {
	o.giveBack("", line, node, quantity)
	o.Errands.GiveBack[len(o.Errands.GiveBack)-1].KeepsAge = true
}

// Hold stops the order until somebody lifts the hold.
func (o *Order) Hold(kind HoldType, reason, message string, now time.Time) {
	hold := Hold{Type: kind, Reason: reason, Message: message, PlacedAt: now, Actor: actorWaybill}
	o.State = Held
	o.Holds = append(o.Holds, hold)
	o.tell(EventHeld{Hold: hold})
}

// Reject refuses the order for good.
func (o *Order) Reject(reasons ...Reason) {
	o.State = Rejected
	o.Reasons = reasons
	for i := range o.Lines {
		line := &o.Lines[i]
		line.Cancelled += line.Open
		line.Open = 0
	}
	o.tell(EventRejected{})
}
