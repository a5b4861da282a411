package domain

import "time"

// Source lists the open goods for which stock must be looked for, and marks them as asked for. What a warehouse failed to
// ship counts: past MaxSourcing rounds what is left of a FILL_OR_KILL order is cancelled instead. What an amendment added
// does not.
func (o *Order) Source(now time.Time) []Part {
	if o.State != Accepted || len(o.Holds) > 0 {
		return nil
	}
	var parts, failed []Part
	for i := range o.Lines {
		line := &o.Lines[i]
		wanted := line.Open - line.Asking
		if line.Service || wanted <= 0 {
			continue
		}
		added := min(line.Added, wanted)
		line.Added = 0
		if wanted > added {
			failed = append(failed, Part{Line: int32(i + 1), Quantity: wanted - added})
			if o.Policy == FillOrKill && o.Sourcings >= MaxSourcing {
				wanted = added
			}
		}
		if wanted > 0 {
			parts = append(parts, Part{Line: int32(i + 1), Quantity: wanted})
		}
	}
	switch {
	case len(failed) == 0:
	case o.Policy == FillOrKill && o.Sourcings >= MaxSourcing:
		o.giveUp(failed, now)
	case o.Sourcings == MaxSourcing:
		o.surprise("SOURCING_EXHAUSTED", "the order was sourced anew too often; it waits for stock elsewhere")
		o.Sourcings++
	default:
		o.Sourcings++
	}
	if o.State != Accepted {
		return nil
	}
	for _, part := range parts {
		o.Line(part.Line).Asking += part.Quantity
	}
	return parts
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
	for _, part := range asked {
		if line := o.Line(part.Line); line != nil && line.Open > line.Asking {
			unfilled = append(unfilled, Part{Line: part.Line, Quantity: min(part.Quantity, line.Open-line.Asking)})
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
