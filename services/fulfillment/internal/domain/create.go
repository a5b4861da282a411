package domain

import (
	"cmp"
	"slices"

	"github.com/google/uuid"
)

// Create makes an order to a warehouse. A repeat with its key changes nothing.
type Create struct {
	Key, OrderID, NodeID, PartnerID, AccountID string
	Lines                                      []Line
	ShipTo                                     Address
	Instructions                               Instructions
	// ShipmentID is that of the shipment if all is services, which need no warehouse.
	ShipmentID uuid.UUID
}

// Target implements Command.
func (c Create) Target() uuid.UUID { return IDOf(c.Key) }

// Decide implements Command. Refusals: UNDONE, DUPLICATE_LINE, NODE_REQUIRED.
func (c Create) Decide(b *Book) Outcome {
	target := c.Target()
	if f := b.Fulfillments[target]; f != nil {
		return known(f)
	}
	if b.Undone[target] {
		return refused(ReasonUndone, "the key %q was undone before it was seen", c.Key)
	}
	f := &Fulfillment{
		ID: target, Key: c.Key, OrderID: c.OrderID, NodeID: c.NodeID, PartnerID: c.PartnerID, AccountID: c.AccountID,
		Lines: slices.Clone(c.Lines), ShipTo: c.ShipTo, Instructions: c.Instructions, Stage: StageCreated, CreatedAt: b.Now, UpdatedAt: b.Now,
	}
	slices.SortFunc(f.Lines, func(a, b Line) int { return cmp.Compare(a.Number, b.Number) })
	for i := range f.Lines[1:] {
		if f.Lines[i].Number == f.Lines[i+1].Number {
			return refused(ReasonDuplicateLine, "line %d stands twice in the order to the warehouse", f.Lines[i].Number)
		}
	}
	if c.NodeID == "" && f.HasGoods() {
		return refused(ReasonNodeRequired, "goods need a warehouse")
	}
	b.open(f)
	t := &telling{at: b.Now}
	t.tell(Event{Kind: EventCreated})
	b.close(f, t)
	switch {
	case f.HasGoods() && b.Waves[f.NodeID]:
		b.Changes.Wait = append(b.Changes.Wait, f)
		return known(f)
	case f.HasGoods():
		b.Changes.Send = append(b.Changes.Send, f.ID)
		return known(f)
	}
	Ship{
		Fulfillment: f.ID, ShipmentID: c.ShipmentID, Number: f.ID.String(), At: b.Now, Final: true,
	}.record(b, f, nil, nil)
	return known(f)
}

// open adds a new fulfilment to the book.
func (b *Book) open(f *Fulfillment) {
	if b.Fulfillments == nil {
		b.Fulfillments = make(map[uuid.UUID]*Fulfillment)
	}
	if b.Changes.touched == nil {
		b.Changes.touched = make(map[uuid.UUID]bool)
	}
	b.Fulfillments[f.ID] = f
	b.Changes.touched[f.ID] = true
	b.Changes.Created = append(b.Changes.Created, f)
}
