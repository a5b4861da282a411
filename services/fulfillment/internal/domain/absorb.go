package domain

import (
	"slices"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/id"
)

// Absorb makes unplanned goods of a shipment billable: the customer keeps and pays them. It makes a shipment of its own, which
// moves no stock.
type Absorb struct {
	Ref ShipmentRef
	// ShipmentID is that of the new one.
	ShipmentID uuid.UUID
	// Lines are the lines of the shipment and how much of each; none: all that is unplanned and not returned.
	Lines []AbsorbLine
}

// AbsorbLine is a part of an unplanned line.
type AbsorbLine struct {
	ID       string
	Quantity int64
}

// Target implements Command.
func (c Absorb) Target() uuid.UUID { return uuid.Nil }

// Shipment implements ShipmentCommand.
func (c Absorb) Shipment() ShipmentRef { return c.Ref }

// Decide implements Command. What was absorbed cannot come back on the line that it was unplanned on, only on the new one; what
// comes back already cannot be absorbed. Refusals: UNKNOWN_SHIPMENT, NOT_ABSORBABLE.
func (c Absorb) Decide(b *Book) Outcome {
	s := b.shipment(c.Ref)
	if s == nil {
		return unknownShipment(c.Ref)
	}
	f := b.Fulfillments[s.FulfillmentID]
	if f == nil || !s.Left() {
		return refused(ReasonNotAbsorbable, "shipment %q has not left", s.Number)
	}
	wants, refusal := c.wants(b, f, s)
	if refusal != nil {
		return *refusal
	}
	made := &Shipment{
		ID: c.ShipmentID, FulfillmentID: s.FulfillmentID, OrderID: s.OrderID, NodeID: s.NodeID, PartnerID: s.PartnerID,
		Number: id.Format(id.Shipment, c.ShipmentID), State: ShipmentShipped, Carrier: s.Carrier, Tracking: s.Tracking, Absorbs: s.ID,
		ShippedAt: s.ShippedAt, RecordedAt: b.Now,
	}
	s.Lines = slices.Clone(s.Lines)
	for i := range s.Lines {
		quantity := wants[s.Lines[i].ID]
		if quantity == 0 {
			continue
		}
		s.Lines[i].Absorbed += quantity
		if allowance := b.Allowances[s.Lines[i].ID]; allowance != nil {
			allowance.Shipped -= quantity
			b.Changes.Allowances = append(b.Changes.Allowances, allowance)
		}
		line := s.Lines[i]
		line.Quantity, line.Over, line.Unplanned, line.Absorbed, line.Serials = quantity, quantity, false, 0, nil
		made.add(line)
	}
	b.book(made)
	b.change(s)
	b.tellShipment(made, Event{Kind: EventShipped, OccurredAt: b.Now})
	return Outcome{ID: made.ID, Known: true}
}

// wants are the quantities by line, or why they cannot be had.
func (c Absorb) wants(b *Book, f *Fulfillment, s *Shipment) (map[string]int64, *Outcome) {
	free := make(map[string]int64, len(s.Lines))
	for _, line := range s.Lines {
		ordered := f.line(line.Line)
		if !line.Unplanned || ordered == nil || ItemKey(ordered.SKU) != ItemKey(line.SKU) {
			continue
		}
		quantity := line.Quantity - line.Absorbed
		if allowance := b.Allowances[line.ID]; allowance != nil {
			quantity = min(quantity, allowance.Free())
		}
		if quantity > 0 {
			free[line.ID] = quantity
		}
	}
	if len(c.Lines) == 0 {
		if len(free) == 0 {
			outcome := refused(ReasonNotAbsorbable, "nothing of shipment %q is unplanned, of its order's lines and not on its way back", s.Number)
			return nil, &outcome
		}
		return free, nil
	}
	wants := make(map[string]int64, len(c.Lines))
	for _, line := range c.Lines {
		wants[line.ID] += line.Quantity
		if line.Quantity <= 0 || wants[line.ID] > free[line.ID] {
			outcome := refused(ReasonNotAbsorbable, "%d of line %s cannot be absorbed, %d can", wants[line.ID], line.ID, free[line.ID])
			return nil, &outcome
		}
	}
	return wants, nil
}
