package domain

import (
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/fault"
)

// ShipmentNumber is the warehouse's own name of a shipment: unique for ever.
type ShipmentNumber struct{ NodeID, Number string }

// Book is what a set of commands needs to know, and what they changed. Commands are decided in order: each sees what
// those before it did.
type Book struct {
	// Fulfillments are those that the commands name and that exist.
	Fulfillments map[uuid.UUID]*Fulfillment
	// Undone are the keys, as ids, that were undone before they were seen.
	Undone map[uuid.UUID]bool
	// Taken are fulfilments in StageCreated whose hand-over has begun: the warehouse may know them.
	Taken map[uuid.UUID]bool
	// Shipments are those recorded under the numbers that the commands name.
	Shipments map[ShipmentNumber]*Shipment
	ByID      map[uuid.UUID]*Shipment
	// Cartons are the shipments in which the codes that the commands name are recorded.
	Cartons map[string]uuid.UUID
	// Waves are the places at which orders wait for a wave.
	Waves map[string]bool
	// Items are those that reports of shipments name beside those of their orders, by ItemKey.
	Items map[string]Item
	// Allowances say how much of the lines of shipments that are to be absorbed comes back.
	Allowances map[string]*Allowance

	// Now is when the set is decided.
	Now time.Time
	// Changes are what has to be stored and told.
	Changes Changes
}

// Changes are what a set of commands did.
type Changes struct {
	// Created and Changed are in the order in which they were first touched; none is in both.
	Created, Changed []*Fulfillment
	// Undone are the new marks.
	Undone []Tombstone
	// Shipments are new, ChangedShipments were there before; none is in both.
	Shipments, ChangedShipments []*Shipment
	// Codes are those of cartons that were never used before.
	Codes []CartonCode
	// Exceptions are for people to look at.
	Exceptions []Exception
	// Opened are those of them that were not opened before, as they are stored: known once the changes are saved.
	Opened []Exception
	// Allowances have changed in what was shipped for the customer's order.
	Allowances []*Allowance
	// Send and Stop are what has to be told to warehouses; Unsend are those of Send before that need not be any more.
	Send, Stop, Unsend []uuid.UUID
	// Wait are new orders that wait for a wave.
	Wait []*Fulfillment
	// Events are in order.
	Events []Event

	touched, shipments map[uuid.UUID]bool
}

// Tombstone marks a key that was undone before it was seen.
type Tombstone struct{ Key, Reason string }

// Outcome is what became of a command.
type Outcome struct {
	// ID is that of the fulfilment or, for Ship, of the shipment.
	ID uuid.UUID
	// Known is false when Cancel met a key that was never seen.
	Known bool
	// Stage and Stop are those after the command.
	Stage Stage
	Stop  Stop
	// Refusal says why nothing was done; nil when it was.
	Refusal *fault.Error
}

// Command is a request about one order to a warehouse.
type Command interface {
	// Target is the id of the order.
	Target() uuid.UUID
	// Decide carries it out on the book.
	Decide(book *Book) Outcome
}

// Apply carries out the commands in order.
func (b *Book) Apply(commands []Command) []Outcome {
	outcomes := make([]Outcome, 0, len(commands))
	for _, command := range commands {
		outcomes = append(outcomes, command.Decide(b))
	}
	return outcomes
}

// touch notes that a fulfilment has to be stored.
func (b *Book) touch(f *Fulfillment) {
	f.UpdatedAt = b.Now
	if b.Changes.touched[f.ID] {
		return
	}
	if b.Changes.touched == nil {
		b.Changes.touched = make(map[uuid.UUID]bool)
	}
	b.Changes.touched[f.ID] = true
	b.Changes.Changed = append(b.Changes.Changed, f)
}

// occurred is when a report says that it happened; a report that does not say happened now.
func (b *Book) occurred(at time.Time) time.Time {
	if at.IsZero() {
		return b.Now
	}
	return at
}

// known is the outcome of a command that left the order as it is now.
func known(f *Fulfillment) Outcome {
	return Outcome{ID: f.ID, Known: true, Stage: f.Stage, Stop: f.Stop}
}

func refused(reason, format string, args ...any) Outcome {
	return Outcome{Refusal: fault.New(fault.Precondition, reason, format, args...)}
}

// unknown is the outcome of a report on an order that is not there, or not yet: it may be repeated.
func unknown(target uuid.UUID) Outcome {
	return refused(ReasonUnknownFulfillment, "there is no order %s to a warehouse", target)
}

// The reasons of refusals and of flaws.
const (
	ReasonShipmentUnknown    = "UNKNOWN_SHIPMENT"
	ReasonShipmentRequired   = "SHIPMENT_REQUIRED"
	ReasonAlreadyShipped     = "ALREADY_SHIPPED"
	ReasonNotAbsorbable      = "NOT_ABSORBABLE"
	ReasonTooManyMilestones  = "TOO_MANY_MILESTONES"
	ReasonUndone             = "UNDONE"
	ReasonUnknownFulfillment = "UNKNOWN_FULFILLMENT"
	ReasonUnknownLine        = "UNKNOWN_LINE"
	ReasonDuplicateLine      = "DUPLICATE_LINE"
	ReasonNodeRequired       = "NODE_REQUIRED"
	ReasonNothingShipped     = "NOTHING_SHIPPED"
	ReasonQuantityTooLarge   = "QUANTITY_TOO_LARGE"
	ReasonShipmentDiffers    = "SHIPMENT_DIFFERS"
	ReasonCartonsDiffer      = "CARTONS_DIFFER"
	ReasonSSCCInvalid        = "SSCC_INVALID"
	ReasonSSCCReused         = "SSCC_REUSED"
	ReasonManifestDiffers    = "MANIFEST_DIFFERS"
	ReasonWasVoided          = "WAS_VOIDED"
)
