package domain

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/id"
)

// Shipment is what left a warehouse together. It never changes.
type Shipment struct {
	ID, FulfillmentID          uuid.UUID
	OrderID, NodeID, PartnerID string
	// Number is the warehouse's own.
	Number            string
	Lines             []ShipmentLine
	Cartons           []Carton
	Carrier, Tracking string
	ShippedAt         time.Time
	RecordedAt        time.Time
	// Hash stands for what was reported: a repeat has the same.
	Hash []byte
}

// ShipmentLine is a part of an order line that left. More than was asked for stands on a line of its own, unplanned.
type ShipmentLine struct {
	ID        string `json:"id"`
	Line      int32  `json:"line"`
	SKU       string `json:"sku"`
	Quantity  int64  `json:"quantity"`
	Scale     int32  `json:"scale,omitempty"`
	BaseUnit  string `json:"unit"`
	Service   bool   `json:"service,omitempty"`
	Unplanned bool   `json:"unplanned,omitempty"`
}

// Carton is a carton of a shipment.
type Carton struct {
	SSCC  string       `json:"sscc,omitempty"`
	Lines []CartonLine `json:"lines"`
}

// CartonLine is what of an order line is in a carton.
type CartonLine struct {
	Line     int32 `json:"line"`
	Quantity int64 `json:"quantity"`
}

// Ship books a shipment.
type Ship struct {
	Fulfillment uuid.UUID
	// ShipmentID is the id that it gets if it is new.
	ShipmentID        uuid.UUID
	Number            string
	Lines             []CartonLine
	Cartons           []Carton
	Carrier, Tracking string
	At                time.Time
	// Final says that nothing more comes of the order: it is the last report of a shipment of it.
	Final bool
}

// Target implements Command.
func (c Ship) Target() uuid.UUID { return c.Fulfillment }

// Decide implements Command. A shipment is a fact: it is booked in every stage. What of it exceeds what remains of its
// line stands on an unplanned line and in no counter. Refusals: UNKNOWN_FULFILLMENT, UNKNOWN_LINE, NOTHING_SHIPPED,
// QUANTITY_TOO_LARGE, SHIPMENT_DIFFERS, CARTONS_DIFFER, SSCC_INVALID, SSCC_REUSED.
func (c Ship) Decide(b *Book) Outcome {
	f := b.Fulfillments[c.Fulfillment]
	if f == nil {
		return unknown(c.Fulfillment)
	}
	if before := b.Shipments[ShipmentNumber{f.NodeID, c.Number}]; before != nil {
		if !slices.Equal(before.Hash, c.hash()) {
			return refused(ReasonShipmentDiffers, "shipment %q of %q was recorded with other contents", c.Number, f.NodeID)
		}
		return Outcome{ID: before.ID, Known: true, Stage: f.Stage, Stop: f.Stop}
	}
	left := sum(c.Lines)
	for _, part := range left {
		if part.Quantity == math.MaxInt64 {
			return refused(ReasonQuantityTooLarge, "line %d: no warehouse ships that much", part.Line)
		}
		if f.line(part.Line) == nil {
			return refused(ReasonUnknownLine, "order %s has no line %d", f.ID, part.Line)
		}
	}
	if outcome, ok := c.checkCartons(b, left); !ok {
		return outcome
	}
	left = slices.DeleteFunc(left, func(part CartonLine) bool { return f.line(part.Line).Service })
	if len(left) == 0 {
		return refused(ReasonNothingShipped, "services go with the first shipment of goods; a shipment names goods")
	}
	c.record(b, f, left)
	return Outcome{ID: c.ShipmentID, Known: true, Stage: f.Stage, Stop: f.Stop}
}

// record books the shipment of goods that were counted and checked, with the services that wait for one.
func (c Ship) record(b *Book, f *Fulfillment, goods []CartonLine) {
	shipment := &Shipment{
		ID: c.ShipmentID, FulfillmentID: f.ID, OrderID: f.OrderID, NodeID: f.NodeID, PartnerID: f.PartnerID,
		Number: c.Number, Cartons: c.Cartons, Carrier: c.Carrier, Tracking: c.Tracking,
		ShippedAt: b.occurred(c.At), RecordedAt: b.Now, Hash: c.hash(),
	}
	for _, part := range goods {
		line := f.line(part.Line)
		planned := min(part.Quantity, line.Remaining())
		shipment.add(line, planned, false)
		shipment.add(line, part.Quantity-planned, true)
		line.Shipped += planned
		line.imply()
	}
	for i := range f.Lines {
		if line := &f.Lines[i]; line.Service {
			rest := line.Remaining()
			shipment.add(line, rest, false)
			line.Shipped += rest
			line.imply()
		}
	}
	f.counted = true
	b.book(shipment)
	f.reach(StageInProgress)
	t := &telling{at: shipment.ShippedAt}
	t.tell(Event{Kind: EventShipped, Shipment: shipment})
	var shorted []Quantity
	if c.Final && !f.Ended() {
		shorted = f.shortRest()
	}
	f.settle(t, shorted)
	b.close(f, t)
}

// add puts a quantity of a line into the shipment; none is left out.
func (s *Shipment) add(line *Line, quantity int64, unplanned bool) {
	if quantity <= 0 {
		return
	}
	s.Lines = append(s.Lines, ShipmentLine{
		ID:   id.Format(id.Shipment, s.ID) + "/" + strconv.Itoa(len(s.Lines)+1),
		Line: line.Number, SKU: line.SKU, Quantity: quantity, Scale: line.Scale, BaseUnit: line.BaseUnit,
		Service: line.Service, Unplanned: unplanned,
	})
}

// book adds a new shipment to the book.
func (b *Book) book(shipment *Shipment) {
	if b.Shipments == nil {
		b.Shipments = make(map[ShipmentNumber]*Shipment)
	}
	if b.Cartons == nil {
		b.Cartons = make(map[string]uuid.UUID)
	}
	b.Shipments[ShipmentNumber{shipment.NodeID, shipment.Number}] = shipment
	for _, carton := range shipment.Cartons {
		if carton.SSCC != "" {
			b.Cartons[carton.SSCC] = shipment.ID
		}
	}
	b.Changes.Shipments = append(b.Changes.Shipments, shipment)
}

// sum adds up what a report says of each line, in the order of the lines. A sum that does not fit ends at the largest
// number there is.
func sum(parts []CartonLine) []CartonLine {
	sorted := slices.SortedStableFunc(slices.Values(parts), func(a, b CartonLine) int { return cmp.Compare(a.Line, b.Line) })
	var summed []CartonLine
	for _, part := range sorted {
		if last := len(summed) - 1; last >= 0 && summed[last].Line == part.Line {
			summed[last].Quantity += min(part.Quantity, math.MaxInt64-summed[last].Quantity)
			continue
		}
		summed = append(summed, part)
	}
	return summed
}
