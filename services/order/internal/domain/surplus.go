package domain

// What waits for a line is inventory's to serve, and the order's to give up; the two cross. A promise that inventory takes
// back waits again; when the order does not need it any more (it was with a warehouse, or cancelled), the order has
// inventory give up as much of what waits. By then the very unit may have been served from elsewhere, and inventory gives
// up another one that waits, or none. So the stock that arrives for more than what waits here is not simply too much:
// giving that back as well would give one unit up twice, and the order would wait for it for ever. It is kept as surplus
// until it is known which it is:
//   - inventory has answered and gave up less than it was asked to: as much of the surplus is given back;
//   - it gave up all: then another unit waits, or did, of which the order will hear: a promise was taken back, or a
//     reservation whose answer is on its way left something waiting. The surplus is for that one.

// unwanted remembers waiting units that inventory is asked to give up.
func (l *Line) unwanted(quantity int64) {
	if l != nil {
		l.Unwanted += quantity
		l.Unanswered += quantity
	}
}

// GaveUp books the answer of inventory to a request to give promises back: what was asked and what it gave. It reports
// whether that changes anything here; only what waits does.
func (o *Order) GaveUp(asked, given []Part) bool {
	waited := func(part Part) bool { return part.Node == "" && o.Line(part.Line) != nil }
	for _, part := range given {
		if line := o.Line(part.Line); waited(part) {
			line.Unwanted = max(line.Unwanted-part.Quantity, 0) // a binary that did not count may have asked
		}
	}
	changed := false
	var allocated []Part
	for _, part := range asked {
		if line := o.Line(part.Line); waited(part) {
			line.Unanswered = max(line.Unanswered-part.Quantity, 0)
			allocated = append(allocated, o.settleSurplus(part.Line, line)...)
			changed = true
		}
	}
	o.allocated(allocated)
	return changed
}

// settleSurplus sets surplus of a line aside for what waits, gives back what is known to be too much, and says what was set
// aside.
func (o *Order) settleSurplus(number int32, line *Line) (allocated []Part) {
	surplus := line.Surplus
	line.Surplus = nil
	for _, part := range surplus {
		if moved := line.reserve(&line.Backordered, part.Node, part.Quantity); moved > 0 {
			allocated = append(allocated, Part{Line: number, Node: part.Node, Quantity: moved})
			part.Quantity -= moved
		}
		if back := min(part.Quantity, line.Unwanted); back > 0 && line.Unanswered == 0 {
			line.Unwanted -= back
			part.Quantity -= back
			// Whichever reservation of the order has it there: an earlier request may have taken from that which was served.
			o.giveBack("", number, part.Node, back)
		}
		if part.Quantity > 0 {
			line.Surplus = append(line.Surplus, part)
		}
	}
	return allocated
}

// doubt remembers units that inventory is believed to have no promise of.
func (l *Line) doubt(node Node, quantity int64) {
	if quantity > 0 {
		l.Doubt = append(l.Doubt, Part{Node: node, Quantity: quantity})
	}
}

// giveBackDoubt gives back what an order that ends needs no more, if it is promised at all. Before the end it could be another
// unit's promise.
func (o *Order) giveBackDoubt() {
	for i := range o.Lines {
		line := &o.Lines[i]
		for _, part := range line.Doubt {
			o.giveBack("", int32(i+1), part.Node, part.Quantity)
		}
		line.Doubt = nil
	}
}

func (o *Order) allocated(parts []Part) {
	if len(parts) > 0 {
		o.tell(EventLineAllocated{Parts: parts})
	}
}
