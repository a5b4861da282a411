package domain

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/waybill-dev/waybill/internal/fault"
)

// Adjustment adds stock to a place or takes it away.
type Adjustment struct {
	StockKey
	Quantity         int64
	Reason, Document string
	OccurredAt       time.Time
}

// The reasons for which an adjustment is refused.
const (
	ReasonNegativeAvailable = "NEGATIVE_AVAILABLE"
	ReasonTooLarge          = "QUANTITY_TOO_LARGE"
)

// maxStock bounds what one balance holds, far from where sums would overflow.
const maxStock = math.MaxInt64 / 4

// Takings are the balances of which more is about to be taken than is available. Taking it may revoke any promise on them,
// so the claims on these balances must be on the shelf, with all of their orders.
func (s *Shelf) Takings(adjustments []Adjustment) []StockKey {
	taken := map[StockKey]int64{}
	for _, adjustment := range adjustments {
		if adjustment.Quantity < 0 {
			taken[adjustment.StockKey] = sum(taken[adjustment.StockKey], -adjustment.Quantity)
		}
	}
	var found []StockKey
	for key, quantity := range taken {
		if quantity > s.Balance(key).Available() {
			found = append(found, key)
		}
	}
	slices.SortFunc(found, CompareStock)
	return found
}

// Adjust makes all adjustments in order, or none. What takes more than is available revokes promises that no picker has in
// hand until it fits; it fails with NEGATIVE_AVAILABLE when it takes more than even that at its turn. Stock that was added goes to demand that waits, of reservations that exclude the place too: they were kept
// from what it had. In frozen stock the deferred facts are tried again; when
// all of them fit it is frozen no longer.
func (s *Shelf) Adjust(adjustments []Adjustment) error {
	var frozen []StockKey
	for i, adjustment := range adjustments {
		at := s.stock(adjustment.StockKey)
		switch {
		case adjustment.Quantity < 0 && -adjustment.Quantity > at.Available()+at.Reserved-at.Picked:
			return refuseAdjustment(i, ReasonNegativeAvailable,
				fmt.Sprintf("only %d base units of it are there and not in a picker's hands", at.Available()+at.Reserved-at.Picked))
		case adjustment.Quantity > maxStock-at.OnHand:
			return refuseAdjustment(i, ReasonTooLarge, "a place cannot hold that much")
		}
		movement := Movement{
			From: Adjusted, To: Sellable, Quantity: adjustment.Quantity,
			Reason: adjustment.Reason, Document: adjustment.Document, OccurredAt: adjustment.OccurredAt,
		}
		if adjustment.Quantity < 0 {
			movement.From, movement.To, movement.Quantity = Sellable, Adjusted, -adjustment.Quantity
			if err := s.revoke(at, movement.Quantity-at.Available()); err != nil {
				return err
			}
		}
		at.move(movement)
		at.restocked = at.restocked || adjustment.Quantity > 0
		if at.Frozen {
			frozen = append(frozen, adjustment.StockKey)
		}
	}
	slices.SortFunc(frozen, CompareStock)
	for _, key := range slices.Compact(frozen) {
		if err := s.settle(key); err != nil {
			return err
		}
	}
	s.serveAll()
	return nil
}

func refuseAdjustment(index int, reason, message string) error {
	return fault.New(fault.Precondition, reason, "no stock was adjusted: %s", message).
		WithField(fmt.Sprintf("adjustments[%d].quantity", index), reason, message)
}

// settle posts the deferred facts of a balance as far as they fit now, in the order in which they came.
func (s *Shelf) settle(key StockKey) error {
	at := s.stock(key)
	left := s.deferred[key]
	for len(left) > 0 && left[0].Quantity <= at.Available()+at.Reserved-at.Picked {
		if err := s.post(at, left[0]); err != nil {
			return err
		}
		s.changes.Posted = append(s.changes.Posted, left[0])
		left = left[1:]
	}
	s.deferred[key] = left
	at.Frozen = len(left) > 0
	return nil
}
