package domain

import (
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/id"
)

// ShipmentState is where a shipment stands.
type ShipmentState string

// The states. What comes after SHIPPED is what the milestones say.
const (
	ShipmentPacked     ShipmentState = "PACKED"
	ShipmentManifested ShipmentState = "MANIFESTED"
	ShipmentVoided     ShipmentState = "VOIDED"
	ShipmentShipped    ShipmentState = "SHIPPED"
	ShipmentInTransit  ShipmentState = "IN_TRANSIT"
	ShipmentDelivered  ShipmentState = "DELIVERED"
	ShipmentLost       ShipmentState = "LOST"
	ShipmentReturned   ShipmentState = "RETURNED_TO_SENDER"
)

// Shipment is what leaves a warehouse together. Once it has left, its lines never change; what is learned of it is added.
type Shipment struct {
	ID, FulfillmentID          uuid.UUID
	OrderID, NodeID, PartnerID string
	// Number is the warehouse's own.
	Number            string
	State             ShipmentState
	Lines             []ShipmentLine
	Cartons           []Carton
	Carrier, Tracking string
	// Flaws are what is wrong with the report; the goods have left all the same.
	Flaws      []Flaw
	Milestones []Milestone
	// Absorbs is the shipment whose unplanned goods this one makes billable; zero of an ordinary one.
	Absorbs uuid.UUID
	// ShippedAt is the zero time until it has left.
	ShippedAt  time.Time
	RecordedAt time.Time
	// Hash stands for what was reported: a repeat has the same.
	Hash []byte
	// Sequence is that of the last event told of it.
	Sequence int64
}

// ShipmentLine is a part of an order line that left. More than was asked for stands on a line of its own, unplanned, except
// what the tolerance allows.
type ShipmentLine struct {
	ID        string `json:"id"`
	Line      int32  `json:"line"`
	SKU       string `json:"sku"`
	Quantity  int64  `json:"quantity"`
	Scale     int32  `json:"scale,omitempty"`
	BaseUnit  string `json:"unit"`
	Service   bool   `json:"service,omitempty"`
	Unplanned bool   `json:"unplanned,omitempty"`
	// Over is the part of a planned quantity that is beyond what was asked for, within the tolerance.
	Over    int64    `json:"over,omitempty"`
	Lot     string   `json:"lot,omitempty"`
	Serials []string `json:"serials,omitempty"`
	// Absorbed is the part of an unplanned quantity that a later shipment has made billable.
	Absorbed int64 `json:"absorbed,omitempty"`
}

// Flaw is something wrong with a shipment's report.
type Flaw struct {
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

// Left reports whether the goods have left.
func (s *Shipment) Left() bool {
	switch s.State {
	case ShipmentPacked, ShipmentManifested, ShipmentVoided:
		return false
	case ShipmentShipped, ShipmentInTransit, ShipmentDelivered, ShipmentLost, ShipmentReturned:
	}
	return true
}

// DeliveredAt is when it arrived; the zero time when it has not.
func (s *Shipment) DeliveredAt() time.Time {
	var at time.Time
	if s.State != ShipmentDelivered {
		return at
	}
	for _, milestone := range s.Milestones {
		if milestone.Kind == ShipmentDelivered && milestone.At.After(at) {
			at = milestone.At
		}
	}
	return at
}

// ScaleOf is how many decimal places the quantity of a line has; 0 for a line that is not there.
func (s *Shipment) ScaleOf(line string) int {
	for i := range s.Lines {
		if s.Lines[i].ID == line {
			return int(s.Lines[i].Scale)
		}
	}
	return 0
}

// add puts a quantity of a line into the shipment; none is left out.
func (s *Shipment) add(line ShipmentLine) {
	if line.Quantity <= 0 {
		return
	}
	line.ID = id.Format(id.Shipment, s.ID) + "/" + strconv.Itoa(len(s.Lines)+1)
	s.Lines = append(s.Lines, line)
}

// flaw notes something wrong, each thing once.
func (s *Shipment) flaw(found ...Flaw) {
	for _, one := range found {
		if !slices.Contains(s.Flaws, one) {
			s.Flaws = append(s.Flaws, one)
		}
	}
}

// lineOf is a shipment line of an order line, still without a quantity.
func lineOf(line *Line, lot string) ShipmentLine {
	return ShipmentLine{
		Line: line.Number, SKU: line.SKU, Scale: line.Scale, BaseUnit: line.BaseUnit, Service: line.Service, Lot: lot,
	}
}

// ShipmentRef names a shipment: by its id, or by the place and its number there.
type ShipmentRef struct {
	ID uuid.UUID
	ShipmentNumber
}

// ShipmentCommand is about a shipment that exists rather than about an order to a warehouse.
type ShipmentCommand interface {
	Command
	Shipment() ShipmentRef
}

// shipment finds one; nil when there is none.
func (b *Book) shipment(ref ShipmentRef) *Shipment {
	if ref.ID != uuid.Nil {
		return b.ByID[ref.ID]
	}
	return b.Shipments[ref.ShipmentNumber]
}

// enter puts a shipment into the book, where later commands find it.
func (b *Book) enter(s *Shipment) {
	if b.Shipments == nil {
		b.Shipments = make(map[ShipmentNumber]*Shipment)
	}
	if b.ByID == nil {
		b.ByID = make(map[uuid.UUID]*Shipment)
	}
	b.Shipments[ShipmentNumber{s.NodeID, s.Number}] = s
	b.ByID[s.ID] = s
}

// book adds a new shipment.
func (b *Book) book(s *Shipment) {
	b.enter(s)
	b.Changes.Shipments = append(b.Changes.Shipments, s)
	b.changedShipment(s.ID)
}

// change notes that a shipment has to be stored.
func (b *Book) change(s *Shipment) {
	if b.changedShipment(s.ID) {
		b.Changes.ChangedShipments = append(b.Changes.ChangedShipments, s)
	}
}

// changedShipment reports whether a shipment is touched for the first time.
func (b *Book) changedShipment(one uuid.UUID) bool {
	if b.Changes.shipments[one] {
		return false
	}
	if b.Changes.shipments == nil {
		b.Changes.shipments = make(map[uuid.UUID]bool)
	}
	b.Changes.shipments[one] = true
	return true
}

// tellShipment tells an event of a shipment as it is now.
func (b *Book) tellShipment(s *Shipment, event Event) {
	s.Sequence++
	after := *s
	event.Shipment, event.Sequence = &after, s.Sequence
	b.Changes.Events = append(b.Changes.Events, event)
}

// keepCodes notes the codes of cartons for ever, whatever becomes of the shipment.
func (b *Book) keepCodes(s *Shipment) {
	if b.Cartons == nil {
		b.Cartons = make(map[string]uuid.UUID)
	}
	for _, carton := range s.Cartons {
		if _, used := b.Cartons[carton.SSCC]; carton.SSCC != "" && !used {
			b.Cartons[carton.SSCC] = s.ID
			b.Changes.Codes = append(b.Changes.Codes, CartonCode{SSCC: carton.SSCC, ShipmentID: s.ID})
		}
	}
}

// CartonCode is a code with the shipment that used it first.
type CartonCode struct {
	SSCC       string
	ShipmentID uuid.UUID
}
