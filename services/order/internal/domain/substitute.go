package domain

import "time"

// Swap is a line that is to stand in for what waits of another one, as far as there is stock of its item at once.
type Swap struct {
	Line int32 `json:"line"`
	For  int32 `json:"for"`
	SKU  SKU   `json:"sku"`
}

// Substitute begins to look for stock of an item that may be sent in place of one that is short: the next one that the order
// allows, for one line at a time. The order takes no other amendment until Substituted. Nil: there is nothing to look for.
func (o *Order) Substitute(process func() int) (*Swap, int64) {
	if o.State != Accepted || len(o.Holds) > 0 || o.Amending != 0 {
		return nil, 0
	}
	for i := range o.Lines {
		line := &o.Lines[i]
		if line.Backordered == 0 || len(line.Substitutes) == 0 {
			continue
		}
		swap := &Swap{Line: int32(len(o.Lines) + 1), For: int32(i + 1), SKU: line.Substitutes[0]}
		line.Substitutes = line.Substitutes[1:]
		o.Amending = process()
		return swap, line.Backordered
	}
	return nil, 0
}

// Substituted ends what Substitute began: as much as was set aside and still waits moves to a new line, by an amendment that
// the order makes of itself. What is not needed any more is given back.
func (o *Order) Substituted(swap *Swap, grant Grant, now time.Time) {
	line := o.Line(swap.For)
	var moved int64
	for _, got := range grant.Lines {
		for _, part := range got.At {
			used := min(part.Quantity, line.Backordered)
			if used == 0 || o.State != Accepted {
				o.giveBack(grant.Key, swap.Line, part.Node, part.Quantity)
				continue
			}
			if moved == 0 {
				o.Lines = append(o.Lines, Line{})
				line = o.Line(swap.For)
			}
			moved += used
			line.Backordered -= used
			line.Cancelled += used
			stand := o.Line(swap.Line)
			stand.Ordered, stand.Open = stand.Ordered+used, used
			stand.reserve(&stand.Open, part.Node, used)
			if rest := part.Quantity - used; rest > 0 {
				o.giveBack(grant.Key, swap.Line, part.Node, rest)
			}
		}
	}
	if moved > 0 {
		given := Part{Line: swap.For, Quantity: moved}
		o.giveBack("", swap.For, "", moved)
		o.Errands.Free = append(o.Errands.Free, given)
		o.revise(Amended{
			Revision: o.Revision + 1, Actor: actorWaybill, Reason: "the item is short; another one is sent in its place",
			Changes: []LineChange{
				{Line: swap.For, Before: line.Ordered, Ordered: line.Ordered, Cancelled: moved},
				{Line: swap.Line, Ordered: moved, Swap: swap},
			},
		})
		o.Cancelled([]Part{given}, actorWaybill, "another item is sent in its place", now)
	}
	o.takeEarly(grant.Key)
	o.EndAmendment(now)
}
