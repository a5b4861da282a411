package domain

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Ship books a shipment.
type Ship struct {
	Fulfillment uuid.UUID
	// ShipmentID is the id that it gets if it is new.
	ShipmentID        uuid.UUID
	Number            string
	Lines             []ReportLine
	Cartons           []Carton
	Carrier, Tracking string
	At                time.Time
	// Final says that nothing more comes of the order: it is the last report of a shipment of it.
	Final bool
}

// Target implements Command.
func (c Ship) Target() uuid.UUID { return c.Fulfillment }

// PackedIn implements Packer.
func (c Ship) PackedIn() (string, []string) { return c.Number, codesOf(c.Cartons) }

// Strangers are the items that the report names and that are not those of its lines.
func (c Ship) Strangers(f *Fulfillment) []string { return strangers(f, c.Lines) }

// Decide implements Command. A shipment is a fact: it is booked in every stage, and what is wrong with the report is noted as
// a flaw. What of it exceeds what remains of its line and the tolerance stands on an unplanned line and in no counter.
// Refusals: UNKNOWN_FULFILLMENT, NOTHING_SHIPPED, QUANTITY_TOO_LARGE, SHIPMENT_DIFFERS.
func (c Ship) Decide(b *Book) Outcome {
	f := b.Fulfillments[c.Fulfillment]
	if f == nil {
		return unknown(c.Fulfillment)
	}
	before := b.Shipments[ShipmentNumber{f.NodeID, c.Number}]
	if before != nil && (before.Left() || before.FulfillmentID != f.ID) {
		return c.again(b, f, before)
	}
	lines := gather(c.Lines)
	if refusal := checkReport(f, lines); refusal != nil {
		return *refusal
	}
	return Outcome{ID: c.record(b, f, before, lines).ID, Known: true, Stage: f.Stage, Stop: f.Stop}
}

// again answers a shipment that is recorded already; who carries it may be told later.
func (c Ship) again(b *Book, f *Fulfillment, before *Shipment) Outcome {
	differs := func(named, known string) bool { return named != "" && known != "" && named != known }
	if !slices.Equal(before.Hash, contentHash(f.ID, c.Number, c.Final, c.Lines, c.Cartons)) ||
		differs(c.Carrier, before.Carrier) || differs(c.Tracking, before.Tracking) {
		return refused(ReasonShipmentDiffers, "shipment %q of %q was recorded with other contents", c.Number, f.NodeID)
	}
	if c.Carrier != "" && before.Carrier == "" || c.Tracking != "" && before.Tracking == "" {
		before.Carrier, before.Tracking = later(before.Carrier, c.Carrier), later(before.Tracking, c.Tracking)
		b.change(before)
		b.tellShipment(before, Event{Kind: EventCarrierAssigned, OccurredAt: b.Now})
	}
	return Outcome{ID: before.ID, Known: true, Stage: f.Stage, Stop: f.Stop}
}

// checkReport refuses what cannot have left.
func checkReport(f *Fulfillment, lines []ReportLine) *Outcome {
	goods := false
	for _, part := range lines {
		if part.Quantity == math.MaxInt64 {
			outcome := refused(ReasonQuantityTooLarge, "line %d: no warehouse ships that much", part.Line)
			return &outcome
		}
		line := f.line(part.Line)
		goods = goods || line == nil || !line.Service
	}
	if !goods {
		outcome := refused(ReasonNothingShipped, "services go with the first shipment of goods; a shipment names goods")
		return &outcome
	}
	return nil
}

// record books the shipment of goods that were counted and checked, with the services that wait for one. before is its
// manifest, nil when there was none.
func (c Ship) record(b *Book, f *Fulfillment, before *Shipment, lines []ReportLine) *Shipment {
	shipment := &Shipment{ID: c.ShipmentID, RecordedAt: b.Now}
	if before != nil {
		shipment = before
	}
	shipment.flaw(manifestFlaws(before, c)...)
	shipment.flaw(cartonFlaws(b, shipment.ID, c.Cartons, lines)...)
	shipment.FulfillmentID, shipment.OrderID, shipment.NodeID, shipment.PartnerID = f.ID, f.OrderID, f.NodeID, f.PartnerID
	shipment.Number, shipment.Cartons, shipment.Lines = c.Number, c.Cartons, nil
	shipment.Carrier, shipment.Tracking = later(shipment.Carrier, c.Carrier), later(shipment.Tracking, c.Tracking)
	shipment.ShippedAt = b.occurred(c.At)
	shipment.Hash = contentHash(f.ID, c.Number, c.Final, c.Lines, c.Cartons)
	for _, part := range lines {
		shipment.goods(b, f, part)
	}
	shipment.services(f)
	shipment.State = shipment.merged()
	if before == nil {
		b.book(shipment)
	} else {
		b.change(shipment)
	}
	b.keepCodes(shipment)
	f.counted = true
	f.reach(StageInProgress)
	b.tellShipment(shipment, Event{Kind: EventShipped, OccurredAt: shipment.ShippedAt})
	b.tellHeld(shipment)
	b.flawed(shipment)
	t := &telling{at: shipment.ShippedAt}
	var shorted []Quantity
	if c.Final && !f.Ended() {
		shorted = f.shortRest()
	}
	f.settle(t, shorted)
	b.close(f, t)
	return shipment
}

// manifestFlaws compare what left with what was announced.
func manifestFlaws(before *Shipment, c Ship) []Flaw {
	switch {
	case before == nil:
		return nil
	case before.State == ShipmentVoided:
		return []Flaw{flawed(ReasonWasVoided, "shipment %q was voided and left all the same", c.Number)}
	case !slices.Equal(before.Hash, contentHash(before.FulfillmentID, c.Number, false, c.Lines, c.Cartons)):
		return []Flaw{flawed(ReasonManifestDiffers, "what left as %q is not what was announced to the carrier", c.Number)}
	}
	return nil
}

func later(known, told string) string {
	if told != "" {
		return told
	}
	return known
}

// goods books what left of a line: what remains of it, what the tolerance allows beyond, and the rest unplanned.
func (s *Shipment) goods(b *Book, f *Fulfillment, part ReportLine) {
	line := f.line(part.Line)
	if line == nil || part.SKU != "" && !strings.EqualFold(part.SKU, line.SKU) {
		s.stranger(b, f, part)
		return
	}
	if line.Service {
		return
	}
	planned := min(part.Quantity, line.Remaining())
	over := min(part.Quantity-planned, line.tolerated())
	one := lineOf(line, part.Lot)
	one.Quantity, one.Over = planned+over, over
	rest := lineOf(line, part.Lot)
	rest.Quantity, rest.Unplanned = part.Quantity-one.Quantity, true
	one.Serials = part.Serials
	if cut := int(one.Quantity); line.Scale == 0 && rest.Quantity > 0 && len(part.Serials) > cut {
		one.Serials, rest.Serials = part.Serials[:cut], part.Serials[cut:]
	}
	s.add(one)
	s.add(rest)
	line.Shipped += planned
	line.Over += over
	line.imply()
}

// stranger books goods that are not those of an order line: unplanned, when the item is known.
func (s *Shipment) stranger(b *Book, f *Fulfillment, part ReportLine) {
	reason := ReasonUnknownLine
	if f.line(part.Line) != nil {
		reason = ReasonItemDiffers
	}
	item, known := b.Items[ItemKey(part.SKU)]
	if !known {
		s.flaw(flawed(reason, "%d of line %d left, of an item that is not known (%q): no stock has moved for it", part.Quantity, part.Line,
			part.SKU))
		return
	}
	s.flaw(flawed(reason, "%d of %s left as line %d, which is not in the order to the warehouse", part.Quantity, item.SKU, part.Line))
	if !item.Service {
		s.add(ShipmentLine{
			Line: part.Line, SKU: item.SKU, Quantity: part.Quantity, Scale: item.Scale, BaseUnit: item.BaseUnit, Unplanned: true,
			Lot: part.Lot, Serials: part.Serials,
		})
	}
}

// services puts what waits for a shipment of goods into this one.
func (s *Shipment) services(f *Fulfillment) {
	for i := range f.Lines {
		if line := &f.Lines[i]; line.Service {
			one := lineOf(line, "")
			one.Quantity = line.Remaining()
			s.add(one)
			line.Shipped += one.Quantity
			line.imply()
		}
	}
}

// strangers are the items of a report that are not those of its lines.
func strangers(f *Fulfillment, lines []ReportLine) []string {
	var skus []string
	for _, part := range lines {
		if line := f.line(part.Line); part.SKU != "" && (line == nil || !strings.EqualFold(part.SKU, line.SKU)) {
			skus = append(skus, part.SKU)
		}
	}
	return skus
}
