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

// Absorbed books units that had left unplanned and were made billable: the order grows by them.
func (o *Order) Absorbed(node Node, parts []Part, now time.Time) { o.OverShipped(node, parts, now) }

// Tolerance is how much more of a line than asked may still be invoiced, of basis points of what was ordered.
func (l *Line) Tolerance(basisPoints int64) int64 {
	if basisPoints <= 0 || l.Service {
		return 0
	}
	ordered := l.Ordered - l.Over
	whole, rest := ordered/10_000, ordered%10_000
	return max(whole*basisPoints+rest*basisPoints/10_000-l.Over, 0)
}
