package domain

import (
	"slices"
	"time"
)

// Handling is what is known of an order to a warehouse: counters from the beginning, merged by maximum, so that reports
// may come late, twice and in any order.
type Handling struct {
	Fulfillment string
	Order       OrderID
	Node        NodeID
	Lines       []*HandlingLine

	changed bool
}

// HandlingLine are the counters of one line. Requested = shipped + shorted + cancelled + what is still to be done.
type HandlingLine struct {
	Line                                  int32
	Requested, Picked, Shorted, Cancelled int64
	// Shipped counts the shipments that were posted here, not what the warehouse's reports say of them: the two arrive
	// separately, and stock moves by shipments.
	Shipped int64
}

// inHand is what has been picked and will be shipped, but was not yet.
func (l *HandlingLine) inHand() int64 {
	return max(min(l.Picked, l.Requested-l.Shorted-l.Cancelled)-l.Shipped, 0)
}

// underWay is what the warehouse was told to ship and still may.
func (l *HandlingLine) underWay() int64 {
	return max(l.Requested-l.Shorted-l.Cancelled-l.Shipped, 0)
}

// Report is what a warehouse has done on an order so far.
type Report struct {
	Fulfillment string
	Order       OrderID
	Node        NodeID
	Lines       []ReportLine
	OccurredAt  time.Time
}

// ReportLine are the counters of one line as the warehouse reports them.
type ReportLine struct {
	Line                                  int32
	SKU                                   SKU
	Requested, Picked, Shorted, Cancelled int64
}

// ReasonShortPick is why stock that was not found is held back from sale.
const ReasonShortPick = "SHORT_PICK"

// Report merges a report. What was picked is marked as such; what was not found is given back by the reservation and
// held for quality in the same breath: nothing becomes available by it, or the phantom would be promised again. What is
// cancelled is only no longer under way: the order gives its stock back itself.
func (s *Shelf) Report(report Report) {
	handling := s.handling(report.Fulfillment, report.Order, report.Node)
	for _, reported := range report.Lines {
		line := handling.line(s, reported.Line)
		before := *line
		line.Requested = max(line.Requested, reported.Requested)
		line.Picked = max(line.Picked, reported.Picked)
		line.Shorted = max(line.Shorted, reported.Shorted)
		line.Cancelled = max(line.Cancelled, reported.Cancelled)
		if *line == before {
			continue
		}
		handling.changed = true
		here := s.place(LineKey{report.Order, reported.Line, report.Node})
		if short := line.Shorted - before.Shorted; short > 0 {
			s.short(here, short, report)
		}
		s.mark(here)
	}
}

func (s *Shelf) handling(fulfillment string, order OrderID, node NodeID) *Handling {
	if s.handlings[fulfillment] == nil {
		s.addHandling(&Handling{Fulfillment: fulfillment, Order: order, Node: node, changed: true})
	}
	return s.handlings[fulfillment]
}

func (s *Shelf) addHandling(handling *Handling) {
	s.handlings[handling.Fulfillment] = handling
	for _, line := range handling.Lines {
		s.addHandled(handling, line)
	}
}

func (s *Shelf) addHandled(handling *Handling, line *HandlingLine) {
	here := s.place(LineKey{handling.Order, line.Line, handling.Node})
	here.handled = append(here.handled, line)
}

// line finds the counters of a line, which stand in the order of the line numbers, or begins them.
func (h *Handling) line(s *Shelf, number int32) *HandlingLine {
	at, known := slices.BinarySearchFunc(h.Lines, number, func(line *HandlingLine, number int32) int {
		return int(line.Line) - int(number)
	})
	if !known {
		h.Lines = slices.Insert(h.Lines, at, &HandlingLine{Line: number})
		s.addHandled(h, h.Lines[at])
	}
	return h.Lines[at]
}

// short gives back what was not found and holds the same units. More than is still promised there changes nothing: it was
// given back or shipped already.
func (s *Shelf) short(here *place, quantity int64, report Report) {
	for _, claim := range slices.Backward(here.claims) { // the newest first: the oldest is what is shipped first
		part := min(quantity, claim.Remaining)
		if part == 0 {
			continue
		}
		quantity -= part
		s.drop(claim, part)
		claim.Held += part
		at := s.stock(StockKey{claim.SKU, claim.Node})
		s.move(at, Movement{
			From: Sellable, To: QualityHold, Quantity: part,
			Reason: ReasonShortPick, Document: report.Fulfillment, OccurredAt: report.OccurredAt,
		})
		at.Unverified += part
		event := s.tell(EventGivenBack, claim.of, ReasonShortPick)
		event.Parts = append(event.Parts, claim.change(part))
	}
}

// mark spreads what is picked of a line over its claims, the oldest first.
func (s *Shelf) mark(here *place) {
	var inHand int64
	for _, line := range here.handled {
		inHand += line.inHand()
	}
	for _, claim := range here.claims {
		part := min(inHand, claim.Remaining)
		inHand -= part
		s.setPicked(claim, part)
	}
}
