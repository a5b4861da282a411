package domain

import (
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/id"
)

// Allowance is how much of a shipment line may come back (L3): authorized − voided ≤ shipped, over all returns. The row is
// locked by whoever changes it, so that no two can give the same unit away.
type Allowance struct {
	ShipmentLineID string
	ShipmentID     uuid.UUID
	Shipped        int64
	Authorized     int64
	Voided         int64
}

// Free is how much may still be authorised.
func (a *Allowance) Free() int64 {
	if a == nil {
		return 0
	}
	return a.Shipped - a.Authorized + a.Voided
}

// Origin is a shipment with the customer that it went to.
type Origin struct {
	*Shipment
	AccountID string
}

// ReturnPolicy is what the operator grants without a decision.
type ReturnPolicy struct {
	// AuthorizeWithin is how long after the shipment a return is authorised without being looked at. 0: none is.
	AuthorizeWithin time.Duration
	// ValidDays is how many days goods have to come back when nobody names a day.
	ValidDays int
}

// ReturnDesk is what a set of commands about returns needs to know, and what they changed. Commands are decided in order.
type ReturnDesk struct {
	Returns map[uuid.UUID]*Return
	// Keys are the same returns by their business keys.
	Keys map[string]*Return
	// Shipments are those that the commands and the lines of the returns name.
	Shipments map[uuid.UUID]Origin
	// Allowances are those of all their lines, locked.
	Allowances map[string]*Allowance
	Catalog
	Policy  ReturnPolicy
	Now     time.Time
	Changes ReturnChanges
}

// ReturnChanges are what has to be stored and told.
type ReturnChanges struct {
	// Created and Changed are in the order in which they were first touched; none is in both.
	Created, Changed []*Return
	Allowances       []*Allowance
	Events           []ReturnEvent

	touched map[uuid.UUID]bool
	moved   map[string]bool
}

// ReturnOutcome is what became of a command about a return.
type ReturnOutcome struct {
	Return *Return
	// Refusal says why nothing was done; nil when it was.
	Refusal *fault.Error
}

// ReturnCommand is a request about one return.
type ReturnCommand interface {
	// Need adds what it needs.
	Need(needs *Needs)
	// Decide carries it out on the desk.
	Decide(desk *ReturnDesk) ReturnOutcome
}

// ReturnEventKind says what happened to a return.
type ReturnEventKind int

// The events, one for each message of the contract.
const (
	ReturnWasRequested ReturnEventKind = iota + 1
	ReturnWasAuthorized
	ReturnWasDeclined
	ReturnWasVoided
	ReturnWasShipped
	ReturnWasReceived
	ReturnWasInspected
	ReturnWasClosed
)

// ReturnEvent is something that happened to a return.
type ReturnEvent struct {
	Kind ReturnEventKind
	// Return is the return after the command.
	Return     Return
	Sequence   int64
	OccurredAt time.Time
	// Movements go with ReturnWasReceived and ReturnWasInspected.
	Movements []ReturnMovement
}

// ReturnMovement is what one report moved of one line. OnHold is negative when goods leave the hold again.
type ReturnMovement struct {
	Position                   int32
	Received, OnHold, Credited int64
	Split
}

// Apply carries out the commands in order.
func (d *ReturnDesk) Apply(commands []ReturnCommand) []ReturnOutcome {
	outcomes := make([]ReturnOutcome, 0, len(commands))
	for _, command := range commands {
		outcomes = append(outcomes, command.Decide(d))
	}
	return outcomes
}

// create adds a new return to the desk.
func (d *ReturnDesk) create(r *Return) {
	r.RequestedAt = d.Now
	d.Returns[r.ID], d.Keys[r.Key] = r, r
	d.mark(r)
	d.Changes.Created = append(d.Changes.Created, r)
}

func (d *ReturnDesk) mark(r *Return) (first bool) {
	r.UpdatedAt = d.Now
	if d.Changes.touched == nil {
		d.Changes.touched = make(map[uuid.UUID]bool)
	}
	first = !d.Changes.touched[r.ID]
	d.Changes.touched[r.ID] = true
	return first
}

// tell notes that the return has to be stored, and what happened to it. When it has closed by it, that is told as well.
func (d *ReturnDesk) tell(r *Return, at time.Time, events ...ReturnEvent) ReturnOutcome {
	if r.arrange() {
		events = append(events, ReturnEvent{Kind: ReturnWasClosed})
	}
	if d.mark(r) {
		d.Changes.Changed = append(d.Changes.Changed, r)
	}
	if at.IsZero() {
		at = d.Now
	}
	before := r.Sequence
	r.Sequence += int64(len(events))
	r.Version++
	after := r.snapshot()
	for i, event := range events {
		event.Return, event.Sequence, event.OccurredAt = after, before+int64(i)+1, at
		d.Changes.Events = append(d.Changes.Events, event)
	}
	return ReturnOutcome{Return: r}
}

// allow authorises more of a line, and void takes some back; negative numbers are never given.
func (d *ReturnDesk) allow(line *ReturnLine, quantity int64) {
	line.Authorized += quantity
	if a := d.allowance(line.ShipmentLineID); a != nil {
		a.Authorized += quantity
	}
}

func (d *ReturnDesk) void(line *ReturnLine, quantity int64) {
	line.Voided += quantity
	if a := d.allowance(line.ShipmentLineID); a != nil {
		a.Voided += quantity
	}
}

// allowance is that of a shipment line, to be changed; nil without reference.
func (d *ReturnDesk) allowance(shipmentLine string) *Allowance {
	a := d.Allowances[shipmentLine]
	if a == nil || d.Changes.moved[shipmentLine] {
		return a
	}
	if d.Changes.moved == nil {
		d.Changes.moved = make(map[string]bool)
	}
	d.Changes.moved[shipmentLine] = true
	d.Changes.Allowances = append(d.Changes.Allowances, a)
	return a
}

// shipped finds a line of a shipment with where it stands.
func (d *ReturnDesk) shipped(shipmentLine string) (Origin, *ShipmentLine) {
	origin, ok := d.Shipments[ShipmentOf(shipmentLine)]
	if !ok {
		return Origin{}, nil
	}
	for i := range origin.Lines {
		if origin.Lines[i].ID == shipmentLine {
			return origin, &origin.Lines[i]
		}
	}
	return Origin{}, nil
}

// ShipmentOf is the shipment in the id of a line; the zero id when it is none of ours.
func ShipmentOf(shipmentLine string) uuid.UUID {
	text, position, found := strings.Cut(shipmentLine, "/")
	if _, err := strconv.Atoi(position); !found || err != nil {
		return uuid.Nil
	}
	parsed, err := id.Parse(id.Shipment, text)
	if err != nil {
		return uuid.Nil
	}
	return parsed
}

// needLine adds the shipment of a line.
func (n *Needs) needLine(shipmentLine string) {
	if shipment := ShipmentOf(shipmentLine); shipment != uuid.Nil {
		n.Shipments = append(n.Shipments, shipment)
	}
}

// change adds a return of which more or less is to come back.
func (n *Needs) change(returnID uuid.UUID) {
	n.IDs = append(n.IDs, returnID)
	n.OfReturns = true
}

// returnLine is what a line of a return takes from its shipment line.
func returnLine(shipped *ShipmentLine) ReturnLine {
	return ReturnLine{
		ShipmentLineID: shipped.ID, OrderLine: shipped.Line, SKU: shipped.SKU, Scale: shipped.Scale,
		BaseUnit: shipped.BaseUnit, Service: shipped.Service, Unbilled: shipped.Unplanned,
	}
}

// notReturnable refuses more than was shipped and is not authorised yet.
func notReturnable(shipmentLine string, free int64) *fault.Error {
	return fault.New(fault.Precondition, ReasonNotReturnable, "of shipment line %q at most %d may still come back", shipmentLine, free).
		WithMeta("available", strconv.FormatInt(free, 10))
}

func decline(kind fault.Kind, reason, format string, args ...any) ReturnOutcome {
	return ReturnOutcome{Refusal: fault.New(kind, reason, format, args...)}
}

// The reasons of refusals about returns.
const (
	ReasonReturnNotFound     = "RETURN_NOT_FOUND"
	ReasonUnknownReturn      = "UNKNOWN_RETURN"
	ReasonUnknownShipment    = "UNKNOWN_SHIPMENT_LINE"
	ReasonNotReturnable      = "NOT_RETURNABLE"
	ReasonReturnDiffers      = "RETURN_DIFFERS"
	ReasonOrdersDiffer       = "ORDERS_DIFFER"
	ReasonItemDiffers        = "ITEM_DIFFERS"
	ReasonItemRequired       = "ITEM_REQUIRED"
	ReasonAccountRequired    = "ACCOUNT_REQUIRED"
	ReasonAccountDiffers     = "ACCOUNT_DIFFERS"
	ReasonCurrencyRequired   = "CURRENCY_REQUIRED"
	ReasonReferenceRequired  = "REFERENCE_REQUIRED"
	ReasonHasReference       = "HAS_REFERENCE"
	ReasonFeeDenied          = "FEE_DENIED"
	ReasonPartnerMismatch    = "PARTNER_MISMATCH"
	ReasonLineTwice          = "LINE_TWICE"
	ReasonNothingToAuthorize = "NOTHING_TO_AUTHORIZE"
	ReasonNotRequested       = "NOT_REQUESTED"
	ReasonNotAuthorized      = "NOT_AUTHORIZED"
	ReasonNotVoidable        = "NOT_VOIDABLE"
	ReasonNotInspected       = "NOT_INSPECTED"
	ReasonReturnStarted      = "RETURN_STARTED"
	ReasonReturnEnded        = "RETURN_ENDED"
	ReasonWithheldReason     = "WITHHELD_REASON_REQUIRED"
)
