package domain

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/google/uuid"
)

// everybody is the end of every queue.
var everybody = QueuePosition{Priority: math.MinInt32, Reservation: uuid.Max, Line: math.MaxInt32}

// Serve gives what is sellable to what waits for it. It is for what the commands leave: stock that became sellable without
// one, since a place is active again, and what DemandLeft tells of.
func (s *Shelf) Serve() { s.serveAll() }

// DemandLeft reports whether there may be demand that could be served and was not: more waits than was loaded, or promises
// were revoked for which there may be stock elsewhere, or a hold has ended, or a fact
// set stock free.
func (s *Shelf) DemandLeft() bool {
	return len(s.hidden) > 0 || s.freed || slices.ContainsFunc(s.changes.Told, func(event ReservationEvent) bool {
		return event.Kind == EventRevoked
	})
}

func (s *Shelf) serveAll() {
	for _, sku := range slices.Sorted(maps.Keys(s.demand)) {
		s.serve(sku, everybody)
	}
}

// serve gives what is sellable of an item to the demand that waits for it up to a position in the queue: the higher priority
// first, then the older one. Demand that no place may serve does not hold up what comes after it.
func (s *Shelf) serve(sku SKU, last QueuePosition) {
	queue := s.demand[sku]
	if len(queue) == 0 || !s.anySellable(sku) {
		return
	}
	hidden, some := s.hidden[sku]
	for _, waiting := range queue {
		if last.before(waiting) {
			break
		}
		if some && hidden.before(waiting) {
			break // demand that was not loaded may come before it
		}
		if s.serveOne(waiting); waiting.Remaining > 0 {
			continue
		}
		if !s.anySellable(sku) {
			break
		}
	}
	s.demand[sku] = slices.DeleteFunc(queue, func(waiting *Claim) bool { return waiting.Remaining == 0 })
}

func (s *Shelf) anySellable(sku SKU) bool {
	for _, at := range s.bySKU[sku] {
		if at.sellableToAny() > 0 {
			return true
		}
	}
	return false
}

// serveOne serves waiting demand, as far as its channel's quota goes, from the first place that has all of it, else from those with the most.
func (s *Shelf) serveOne(waiting *Claim) {
	channel := waiting.of.Channel
	wanted := min(waiting.Remaining, s.quotaLeft(waiting.SKU, channel))
	if wanted == 0 {
		return
	}
	var able []*stock
	for _, at := range s.bySKU[waiting.SKU] {
		free := at.sellableTo(channel)
		if free == 0 || (waiting.of.excludes(at.Node) && !at.restocked) {
			continue
		}
		if free >= wanted {
			s.give(waiting, at, wanted)
			return
		}
		able = append(able, at)
	}
	slices.SortStableFunc(able, func(a, b *stock) int { return cmp.Compare(b.sellableTo(channel), a.sellableTo(channel)) })
	for _, at := range able {
		if wanted == 0 {
			return
		}
		part := min(wanted, at.sellableTo(channel))
		s.give(waiting, at, part)
		wanted -= part
	}
}

func (s *Shelf) give(waiting *Claim, at *stock, quantity int64) {
	reservation := waiting.of
	waiting.consume(quantity)
	claim := reservation.find(waiting.Line, at.Node)
	if claim == nil {
		claim = reservation.claim(waiting.Line, waiting.SKU, at.Node)
		s.addClaim(claim)
	}
	claim.grow(quantity)
	s.promise(at, reservation.Channel, quantity)
	event := s.tell(EventStockArrived, reservation, "")
	event.place(waiting.Line, waiting.SKU, at.Node, quantity)
}

// place adds to what the event says was set aside.
func (e *ReservationEvent) place(line int32, sku SKU, node NodeID, quantity int64) {
	at, known := e.byLine[line]
	if !known {
		if e.byLine == nil {
			e.byLine = map[int32]int{}
		}
		at = len(e.Lines)
		e.byLine[line] = at
		e.Lines = append(e.Lines, LineOutcome{Line: line, SKU: sku})
	}
	e.Lines[at].Placed = append(e.Lines[at].Placed, Placement{node, quantity})
}
