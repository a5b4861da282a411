package domain

import (
	"bytes"
	"cmp"
	"math"
	"slices"

	"github.com/google/uuid"
)

// Cancellation is a request to give back what was set aside or waits.
type Cancellation struct {
	Key   string
	Order OrderID
	// ReservationKey names the one reservation that is undone. Empty: all of the order are meant.
	ReservationKey string
	// TombstoneID is the id of the mark that is left when that reservation was never seen.
	TombstoneID uuid.UUID
	// Lines say what to give back. Empty: everything.
	Lines  []CancelLine
	Reason string
	// KeepsAge: stock is looked for anew later for what is given back, and is to be as old then.
	KeepsAge bool
}

// CancelLine is a quantity of a line in a place, or in Nowhere of what waits.
type CancelLine struct {
	Line     int32
	Node     NodeID
	Quantity int64
}

// Cancelled is what was given back, by line and place.
type Cancelled struct {
	GivenBack []CancelLine
}

// Cancel gives back promises. Asking for more than there is gives back what there is. A key that is known gets its first
// outcome. Undoing a reservation that was never seen leaves a mark, so that it is refused when it comes late. What
// becomes free goes to demand that waits.
func (s *Shelf) Cancel(requests []Cancellation) []Cancelled {
	outcomes := make([]Cancelled, len(requests))
	for i := range requests {
		request := &requests[i]
		outcome, known := s.cancellations[request.Key]
		if !known {
			outcome = s.cancel(request)
			s.cancellations[request.Key] = outcome
			s.changes.Cancellations = append(s.changes.Cancellations,
				DecidedCancellation{Key: request.Key, Order: request.Order, Outcome: outcome})
		}
		outcomes[i] = outcome
	}
	s.serveAll()
	return outcomes
}

func (s *Shelf) cancel(request *Cancellation) Cancelled {
	reservations := s.byOrder[request.Order]
	if request.ReservationKey != "" {
		reservations = s.undone(request)
	}
	if len(request.Lines) > 0 {
		return s.releaseLines(reservations, request.Lines, request.Reason, request.KeepsAge)
	}
	given := map[linePlace]int64{}
	for _, reservation := range newestFirst(reservations) {
		for _, claim := range reservation.Claims {
			given[linePlace{claim.Line, claim.Node}] += s.release(claim, math.MaxInt64, request.Reason, request.KeepsAge)
		}
	}
	return Cancelled{GivenBack: listed(given)}
}

// releaseLines gives back quantities of lines in places, as far as the reservations have them.
func (s *Shelf) releaseLines(reservations []*Reservation, lines []CancelLine, reason string, lendsAge bool) Cancelled {
	reservations = newestFirst(reservations)
	given := map[linePlace]int64{}
	for _, line := range lines {
		left := line.Quantity
		for _, reservation := range reservations {
			if claim := reservation.find(line.Line, line.Node); claim != nil {
				part := s.release(claim, left, reason, lendsAge)
				left -= part
				given[linePlace{claim.Line, claim.Node}] += part
			}
		}
	}
	return Cancelled{GivenBack: listed(given)}
}

// newestFirst is the order in which promises are given back: the oldest are those that count as picked.
func newestFirst(reservations []*Reservation) []*Reservation {
	reservations = slices.Clone(reservations)
	slices.SortFunc(reservations, func(a, b *Reservation) int { return bytes.Compare(b.ID[:], a.ID[:]) })
	return reservations
}

// listed are the quantities that are not zero, by line and place.
func listed(given map[linePlace]int64) []CancelLine {
	var lines []CancelLine
	for at, quantity := range given {
		if quantity > 0 {
			lines = append(lines, CancelLine{at.line, at.node, quantity})
		}
	}
	slices.SortFunc(lines, func(a, b CancelLine) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Node, b.Node))
	})
	return lines
}

// undone is the one reservation that the request names, if it was made. If its key was never seen, the key is used up.
func (s *Shelf) undone(request *Cancellation) []*Reservation {
	if found := s.byKey[request.ReservationKey]; found != nil {
		if found.Order != request.Order {
			return nil // somebody else's: nothing of this order stands under that key
		}
		return []*Reservation{found}
	}
	if _, refused := s.outcomes[request.ReservationKey]; refused {
		return nil
	}
	outcome := Outcome{
		ReservationID: request.TombstoneID, Key: request.ReservationKey, Order: request.Order,
		Refusal: &Refusal{Reason: ReasonUndone, Message: "the reservation was undone before it was asked for"},
	}
	s.outcomes[request.ReservationKey] = outcome
	s.changes.New = append(s.changes.New, Decided{
		&Reservation{ID: request.TombstoneID, Key: request.ReservationKey, Order: request.Order, State: Confirmed}, outcome,
	})
	return nil
}

// release takes a promise or waiting demand back, at most the given quantity, and says how much it was.
func (s *Shelf) release(claim *Claim, quantity int64, reason string, lendsAge bool) int64 {
	if quantity = min(quantity, claim.Remaining); quantity == 0 {
		return 0
	}
	claim.LendsAge = claim.LendsAge || lendsAge
	s.drop(claim, quantity)
	event := s.tell(EventGivenBack, claim.of, reason)
	event.Parts = append(event.Parts, claim.change(quantity))
	return quantity
}

// drop takes a claim back from its balance.
func (s *Shelf) drop(claim *Claim, quantity int64) {
	claim.giveBack(quantity)
	if claim.Node == Nowhere {
		queue := s.demand[claim.SKU]
		if at, known := slices.BinarySearchFunc(queue, claim, compareDemand); known && claim.Remaining == 0 {
			s.demand[claim.SKU] = slices.Delete(queue, at, at+1)
		}
		return
	}
	at := s.stock(StockKey{claim.SKU, claim.Node})
	s.promise(at, claim.of.Channel, -quantity)
	s.setPicked(claim, min(claim.Picked, claim.Remaining))
}

// setPicked says how much of a claim is in the picker's hands; the balance follows.
func (s *Shelf) setPicked(claim *Claim, quantity int64) {
	if quantity != claim.Picked {
		s.stock(StockKey{claim.SKU, claim.Node}).pick(quantity - claim.Picked)
		claim.Picked, claim.dirty = quantity, true
	}
}

func (c *Claim) change(quantity int64) ClaimChange {
	return ClaimChange{Line: c.Line, SKU: c.SKU, Node: c.Node, Quantity: quantity, Remaining: c.Remaining}
}
