package domain

import (
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Manifest books that a shipment is packed, and perhaps announced to the carrier, before it leaves.
type Manifest struct {
	Fulfillment, ShipmentID uuid.UUID
	Number                  string
	Lines                   []ReportLine
	Cartons                 []Carton
	Carrier, Tracking       string
	// PackedOnly: the carrier does not know of it yet.
	PackedOnly bool
	At         time.Time
}

// Target implements Command.
func (c Manifest) Target() uuid.UUID { return c.Fulfillment }

// PackedIn implements Packer.
func (c Manifest) PackedIn() (string, []string) { return c.Number, codesOf(c.Cartons) }

// Strangers implements Packer.
func (c Manifest) Strangers(f *Fulfillment) []string { return strangers(f, c.Lines) }

// Packer is a command that names a shipment by its number, with cartons.
type Packer interface {
	Command
	PackedIn() (number string, codes []string)
	// Strangers are items that are not those of the order's lines.
	Strangers(f *Fulfillment) []string
}

// Decide implements Command. A manifest may be corrected until the shipment leaves or is voided; after that it says nothing new.
// No stock moves. Refusals: UNKNOWN_FULFILLMENT, NOTHING_SHIPPED, QUANTITY_TOO_LARGE, SHIPMENT_DIFFERS.
func (c Manifest) Decide(b *Book) Outcome {
	f := b.Fulfillments[c.Fulfillment]
	if f == nil {
		return unknown(c.Fulfillment)
	}
	before := b.Shipments[ShipmentNumber{f.NodeID, c.Number}]
	if before != nil && before.FulfillmentID != f.ID {
		return refused(ReasonShipmentDiffers, "shipment %q of %q is one of another order", c.Number, f.NodeID)
	}
	outcome := known(f)
	if before != nil && (before.Left() || before.State == ShipmentVoided) {
		outcome.ID = before.ID
		return outcome
	}
	lines := gather(c.Lines)
	if refusal := checkReport(f, lines); refusal != nil {
		return *refusal
	}
	outcome.ID = c.record(b, f, before, lines).ID
	outcome.Stage = f.Stage
	return outcome
}

func (c Manifest) record(b *Book, f *Fulfillment, before *Shipment, lines []ReportLine) *Shipment {
	hash := contentHash(f.ID, c.Number, false, c.Lines, c.Cartons)
	shipment := before
	if before == nil {
		shipment = &Shipment{
			ID: c.ShipmentID, FulfillmentID: f.ID, OrderID: f.OrderID, NodeID: f.NodeID, PartnerID: f.PartnerID, Number: c.Number,
			State: ShipmentPacked, RecordedAt: b.Now,
		}
	}
	same := slices.Equal(shipment.Hash, hash) && later(shipment.Carrier, c.Carrier) == shipment.Carrier &&
		later(shipment.Tracking, c.Tracking) == shipment.Tracking
	if same && (c.PackedOnly || shipment.State == ShipmentManifested) {
		return shipment
	}
	if !c.PackedOnly {
		shipment.State = ShipmentManifested
	}
	shipment.Carrier, shipment.Tracking = later(shipment.Carrier, c.Carrier), later(shipment.Tracking, c.Tracking)
	shipment.Hash, shipment.Cartons, shipment.Lines = hash, c.Cartons, nil
	shipment.Flaws = cartonFlaws(b, shipment.ID, c.Cartons, lines)
	for _, part := range lines {
		shipment.intended(f, part)
	}
	if before == nil {
		b.book(shipment)
	} else {
		b.change(shipment)
	}
	b.keepCodes(shipment)
	b.flawed(shipment)
	if shipment.State == ShipmentManifested {
		b.tellShipment(shipment, Event{Kind: EventManifested, OccurredAt: b.occurred(c.At)})
	}
	f.reach(StageInProgress)
	b.touch(f)
	return shipment
}

// intended lists what is packed. Whether it is more than was asked for is decided when it leaves.
func (s *Shipment) intended(f *Fulfillment, part ReportLine) {
	line := f.line(part.Line)
	if line == nil || part.SKU != "" && !strings.EqualFold(part.SKU, line.SKU) {
		s.flaw(flawed(ReasonUnknownLine, "%d of %q as line %d are packed, which is not in the order to the warehouse", part.Quantity,
			part.SKU, part.Line))
		return
	}
	one := lineOf(line, part.Lot)
	one.Quantity, one.Serials = part.Quantity, part.Serials
	s.add(one)
}

// Void gives up a shipment before it leaves. The codes of its cartons stay used.
type Void struct {
	Ref    ShipmentRef
	Reason string
	At     time.Time
}

// Target implements Command.
func (c Void) Target() uuid.UUID { return uuid.Nil }

// Shipment implements ShipmentCommand.
func (c Void) Shipment() ShipmentRef { return c.Ref }

// Decide implements Command. A voided one stays as it is. Refusals: UNKNOWN_SHIPMENT, ALREADY_SHIPPED.
func (c Void) Decide(b *Book) Outcome {
	s := b.shipment(c.Ref)
	switch {
	case s == nil:
		return unknownShipment(c.Ref)
	case s.Left():
		return refused(ReasonAlreadyShipped, "shipment %q has left: what comes back is a return", s.Number)
	case s.State == ShipmentVoided:
		return Outcome{ID: s.ID, Known: true}
	}
	s.State = ShipmentVoided
	b.change(s)
	b.tellShipment(s, Event{Kind: EventVoided, OccurredAt: b.occurred(c.At), Reason: c.Reason})
	return Outcome{ID: s.ID, Known: true}
}

// unknownShipment is the outcome of a report on a shipment that is not there, or not yet.
func unknownShipment(ref ShipmentRef) Outcome {
	if ref.ID != uuid.Nil {
		return refused(ReasonShipmentUnknown, "there is no shipment %s", ref.ID)
	}
	return refused(ReasonShipmentUnknown, "there is no shipment %q of %q", ref.Number, ref.NodeID)
}
