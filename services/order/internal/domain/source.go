package domain

import "time"

// Source lists the open goods for which stock must be looked for again, and marks them as asked for. Past MaxSourcing
// rounds what is left of a FILL_OR_KILL order is cancelled instead.
func (o *Order) Source(now time.Time) []Part {
	if o.State != Accepted {
		return nil
	}
	var parts []Part
	for i := range o.Lines {
		line := &o.Lines[i]
		if wanted := line.Open - line.Asking; !line.Service && wanted > 0 {
			parts = append(parts, Part{Line: int32(i + 1), Quantity: wanted})
		}
	}
	if len(parts) == 0 {
		return nil
	}
	if o.Policy == FillOrKill && o.Sourcings >= MaxSourcing {
		o.giveUp(parts, now)
		return nil
	}
	if o.Sourcings == MaxSourcing {
		o.surprise("SOURCING_EXHAUSTED", "the order was sourced anew too often; it waits for stock elsewhere")
	}
	o.Sourcings++
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
