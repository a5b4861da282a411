package domain

import (
	"slices"
	"time"
)

// Source lists the open goods for which stock must be looked for, and marks them as asked for: again for what a warehouse failed
// to ship, and for the first time for what an amendment added. The former counts: past MaxSourcing rounds what is left of a
// FILL_OR_KILL order is cancelled instead.
func (o *Order) Source(now time.Time) (again, added []Part) {
	if o.State != Accepted || len(o.Holds) > 0 {
		return nil, nil
	}
	for i := range o.Lines {
		line := &o.Lines[i]
		wanted := line.Open - line.Asking
		if line.Service || wanted <= 0 {
			continue
		}
		fresh := min(line.Added, wanted)
		line.Added = 0
		if fresh > 0 {
			added = append(added, Part{Line: int32(i + 1), Quantity: fresh})
		}
		if wanted > fresh {
			again = append(again, Part{Line: int32(i + 1), Quantity: wanted - fresh})
		}
	}
	switch {
	case len(again) == 0:
	case o.Policy == FillOrKill && o.Sourcings >= MaxSourcing:
		o.giveUp(again, now)
		again = nil
	case o.Sourcings == MaxSourcing:
		o.surprise("SOURCING_EXHAUSTED", "the order was sourced anew too often; it waits for stock elsewhere")
		o.Sourcings++
	default:
		o.Sourcings++
	}
	if o.State != Accepted {
		return nil, nil
	}
	for _, part := range slices.Concat(again, added) {
		o.Line(part.Line).Asking += part.Quantity
	}
	return again, added
}

// GiveBackWith takes out of the errands what is given back of the parts' lines in places, at most that many: it is done by
// the call that looks for stock for them, so that nobody gets in between.
func (t *Errands) GiveBackWith(parts []Part, most int) []Part {
	lines := make(map[int32]bool, len(parts))
	for _, part := range parts {
		lines[part.Line] = true
	}
	var back []Part
	t.GiveBack = slices.DeleteFunc(t.GiveBack, func(one GiveBack) bool {
		if one.Key != "" || one.Node == "" || !lines[one.Line] || len(back) == most {
			return false
		}
		back = append(back, one.Part)
		return true
	})
	return back
}

// NotGivenBack puts them back into the errands: the call was made and did not do it.
func (o *Order) NotGivenBack(parts []Part) {
	for _, part := range parts {
		o.giveBack("", part.Line, part.Node, part.Quantity)
	}
}

// Sourced ends what Source began: the grant is booked; what it left unfilled is cancelled.
func (o *Order) Sourced(asked []Part, grant Grant, now time.Time) {
	for _, part := range asked {
		if line := o.Line(part.Line); line != nil {
			line.Asking = max(0, line.Asking-part.Quantity)
		}
	}
	o.Take(grant)
	if o.Policy != FillOrKill {
		return
	}
	var unfilled []Part
	listed := map[int32]int64{} // a line may stand in asked twice
	for _, part := range asked {
		line := o.Line(part.Line)
		if line == nil {
			continue
		}
		if left := min(part.Quantity, line.Open-line.Asking-listed[part.Line]); left > 0 {
			listed[part.Line] += left
			unfilled = append(unfilled, Part{Line: part.Line, Quantity: left})
		}
	}
	o.giveUp(unfilled, now)
}

// giveUp cancels open units for which there is no stock.
func (o *Order) giveUp(parts []Part, now time.Time) {
	for _, part := range parts {
		line := o.Line(part.Line)
		line.Open -= part.Quantity
		line.Cancelled += part.Quantity
		o.Errands.Free = append(o.Errands.Free, part)
	}
	o.Cancelled(parts, actorWaybill, "no stock is left for it", now)
}
