package domain

import "time"

// OverShipped books units that a warehouse shipped beyond what was asked of it, within the tolerance: the order grows by
// them and they are shipped. While an amendment is being decided they wait for its end.
func (o *Order) OverShipped(node Node, parts []Part, now time.Time) {
	o.each(parts, func(number int32, _ *Line, part Part) {
		part.Line, part.Node = number, node
		if o.Amending != 0 {
			o.Extras = append(o.Extras, part)
			return
		}
		o.overShipped(part, now)
	})
}

func (o *Order) overShipped(part Part, now time.Time) {
	line := o.Line(part.Line)
	change := LineChange{Line: part.Line, Before: line.Ordered, Ordered: line.Ordered + part.Quantity}
	line.Ordered += part.Quantity
	line.Shipped += part.Quantity
	line.Over += part.Quantity
	line.place(part.Node).Shipped += part.Quantity
	line.catchUp()
	o.reviseItself("the warehouse shipped more within the tolerance", change)
	o.complete(now)
}

// Absorbed books units that had left unplanned and are billed after all: the order grows by them, also one that was
// cancelled. The surprise of that shipment is settled.
func (o *Order) Absorbed(node Node, parts []Part, shipment string, now time.Time) {
	if o.State == Cancelled && !o.AcceptedAt.IsZero() {
		o.State = Accepted
	}
	o.OverShipped(node, parts, now)
	o.Errands.Resolved = append(o.Errands.Resolved, shipment)
}

// Tolerance is how much more than it was asked for a warehouse may ship of a line, in basis points of what was ordered and
// less what was shipped so before. Of the warehouses that have a part of the line the first one gets it all, and only once.
func (l *Line) Tolerance(part Part, basisPoints int64) int64 {
	if basisPoints <= 0 || l.Service {
		return 0
	}
	for _, place := range l.At {
		if place.Released == 0 {
			continue
		}
		if place.Node != part.Node || place.Released > part.Quantity {
			return 0
		}
		break
	}
	ordered := l.Ordered - l.Over
	whole, rest := ordered/10_000, ordered%10_000
	return max(whole*basisPoints+rest*basisPoints/10_000-l.Over, 0)
}
