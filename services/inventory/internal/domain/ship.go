package domain

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Shipment is a fact: goods have left a warehouse.
type Shipment struct {
	ID          string
	Fulfillment string
	Order       OrderID
	Node        NodeID
	Lines       []ShipmentLine
	OccurredAt  time.Time
}

// ShipmentLine is a quantity of an order line that left.
type ShipmentLine struct {
	Line     int32
	SKU      SKU
	Quantity int64
	// Lot is empty where the warehouse does not name it.
	Lot string
}

// The reasons in the ledger and in events.
const (
	ReasonShipment = "SHIPMENT"
	ReasonRevoked  = "STOCK_GONE"
)

// Ship posts a shipment. It takes from what is promised to the order line in that place, the oldest promise first, then
// from what the line was short of and was held back: it was found after all. The rest leaves without a promise, and other
// promises are revoked where that is needed for it to fit. Revoked demand is not served from elsewhere here: that takes
// all that waits for the item, see Serve and DemandLeft.
func (s *Shelf) Ship(shipment Shipment) error {
	handling := s.handling(shipment.Fulfillment, shipment.Order, shipment.Node)
	for i, shipped := range shipment.Lines {
		line := handling.line(s, shipped.Line)
		line.Shipped += shipped.Quantity
		handling.changed = true
		here := s.place(LineKey{shipment.Order, shipped.Line, shipment.Node})
		at := s.stock(StockKey{shipped.SKU, shipment.Node})
		left := s.consume(here, at, shipped, shipment)
		s.mark(here)
		if left == 0 {
			continue
		}
		fact := Deferred{
			ID: fmt.Sprintf("%s/%d/%d", shipment.ID, shipped.Line, i), StockKey: at.StockKey, Movement: Movement{
				From: Sellable, To: Customer, Lot: shipped.Lot, Quantity: left, Reason: ReasonShipment, Document: shipment.ID,
				OccurredAt: shipment.OccurredAt,
			},
		}
		if err := s.record(at, &fact); err != nil {
			return err
		}
	}
	return nil
}

// consume takes a shipped quantity from the claims of its line and says what is left of it.
func (s *Shelf) consume(here *place, at *stock, line ShipmentLine, shipment Shipment) int64 {
	quantity := line.Quantity
	for _, claim := range here.claims {
		if part := min(quantity, claim.Remaining); part > 0 && claim.SKU == at.SKU {
			quantity -= part
			claim.consume(part)
			s.promise(at, claim.of.Channel, -part)
			s.setPicked(claim, min(claim.Picked, claim.Remaining))
			s.consumed(claim, part, at, Sellable, line.Lot, shipment)
		}
	}
	for _, claim := range here.claims {
		if part := min(quantity, claim.Held, at.Unverified); part > 0 && claim.SKU == at.SKU {
			quantity -= part
			at.Unverified -= part
			claim.Held -= part
			claim.GivenBack -= part
			claim.Consumed += part
			claim.dirty = true
			s.consumed(claim, part, at, QualityHold, line.Lot, shipment)
		}
	}
	return quantity
}

func (s *Shelf) consumed(claim *Claim, quantity int64, at *stock, from Bucket, lot string, shipment Shipment) {
	s.move(at, Movement{
		From: from, To: Customer, Lot: lot, Quantity: quantity,
		Reason: ReasonShipment, Document: shipment.ID, OccurredAt: shipment.OccurredAt,
	})
	event := s.tell(EventConsumed, claim.of, shipment.ID)
	event.Parts = append(event.Parts, claim.change(quantity))
}

// revoke takes promises back: what is held for quotes and carts first, then what no warehouse works on before what one does,
// the lowest priority first, then the
// newest. Their demand waits again, with its old age.
func (s *Shelf) revoke(at *stock, quantity int64) error {
	if quantity <= 0 {
		return nil
	}
	claims := s.claimsOn(at.StockKey)
	for _, released := range []bool{false, true} {
		for _, claim := range claims {
			part := min(quantity, claim.Remaining-claim.Picked)
			if !released {
				part = min(part, s.unreleased(claim))
			}
			if part <= 0 {
				continue
			}
			quantity -= part
			s.revoked += part
			s.revokeClaim(claim, part)
		}
	}
	if quantity > 0 {
		return fmt.Errorf("stock %s: %d of what can be revoked was not loaded", at.StockKey, quantity)
	}
	return nil
}

// claimsOn are the promises on a balance in the order in which they are revoked.
func (s *Shelf) claimsOn(key StockKey) []*Claim {
	var found []*Claim
	for _, reservation := range s.reservations {
		for _, claim := range reservation.Claims {
			if claim.SKU == key.SKU && claim.Node == key.Node && claim.Remaining > claim.Picked {
				found = append(found, claim)
			}
		}
	}
	slices.SortFunc(found, func(a, b *Claim) int {
		return cmp.Or(cmp.Compare(b.of.softness(), a.of.softness()), cmp.Compare(a.of.Priority, b.of.Priority), bytes.Compare(b.of.ID[:], a.of.ID[:]),
			cmp.Compare(b.Line, a.Line))
	})
	return found
}

// unreleased is how much of a claim no warehouse has been told of.
func (s *Shelf) unreleased(claim *Claim) int64 {
	here := s.place(LineKey{claim.of.Order, claim.Line, claim.Node})
	var promised, underWay int64
	for _, other := range here.claims {
		promised += other.Remaining
	}
	for _, line := range here.handled {
		underWay += line.underWay()
	}
	return max(min(promised-underWay, claim.Remaining), 0)
}

// softness is 1 for what is held for quotes and carts only.
func (r *Reservation) softness() int {
	if r.State == Soft {
		return 1
	}
	return 0
}

// revokeClaim takes a promise back. A hold is only the smaller by it: nothing of it waits.
func (s *Shelf) revokeClaim(claim *Claim, quantity int64) {
	if claim.of.State == Soft {
		s.release(claim, quantity, ReasonRevoked, false)
		return
	}
	s.drop(claim, quantity)
	event := s.tell(EventRevoked, claim.of, ReasonRevoked)
	event.Parts = append(event.Parts, claim.change(quantity))
	waiting := claim.of.claim(claim.Line, claim.SKU, Nowhere)
	waiting.grow(quantity)
	s.addDemand(waiting)
}
