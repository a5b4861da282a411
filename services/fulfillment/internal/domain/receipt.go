package domain

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/fault"
)

// ReceiptState is where a receipt stands.
type ReceiptState string

// The states of a receipt.
const (
	ReceiptExpected  ReceiptState = "EXPECTED"
	ReceiptReceiving ReceiptState = "RECEIVING"
	ReceiptClosed    ReceiptState = "CLOSED"
	ReceiptCancelled ReceiptState = "CANCELLED"
)

// The bounds of one receipt or return.
const (
	// MaxReceiptLines bounds the lines of a receipt, those added by reports among them.
	MaxReceiptLines = 10_000
	// MaxReturnLines bounds those of a return.
	MaxReturnLines = 2_000
	// MaxDocuments bounds the documents of one line, and maxCounter what one of them counts: their sums fit 64 bits.
	MaxDocuments = 100
	maxCounter   = 1_000_000_000_000_000
)

// Receipt is what comes in from a supplier under one notice, or unannounced under one document of a place.
type Receipt struct {
	ID uuid.UUID
	// Key is its business key: see NoticeKey and BlindKey.
	Key                                    string
	SupplierID, ASN, PurchaseOrder, NodeID string
	State                                  ReceiptState
	// Announced: a notice has come, be it after the first goods.
	Announced bool
	Lines     []ReceiptLine
	// ExpectedAt is zero where it is not known.
	ExpectedAt           time.Time
	Sequence             int64
	CreatedAt, UpdatedAt time.Time
}

// Arrived are counters of what came in: damaged + on hold ≤ received.
type Arrived struct {
	Received int64 `json:"received,omitempty"`
	Damaged  int64 `json:"damaged,omitempty"`
	OnHold   int64 `json:"on_hold,omitempty"`
}

// ReceiptLine is one item and lot of a receipt. Its counters are the sums of those of the documents.
type ReceiptLine struct {
	Position  int32  `json:"position"`
	SKU       string `json:"sku"`
	Lot       string `json:"lot,omitempty"`
	Scale     int32  `json:"scale,omitempty"`
	BaseUnit  string `json:"unit"`
	Expected  int64  `json:"expected,omitempty"`
	ExpiresOn string `json:"expires_on,omitempty"`
	Arrived
	// By are the counters by document, each merged by maximum.
	By map[string]Arrived `json:"by,omitempty"`
}

// NoticeKey is the business key of what a supplier announces under a number.
func NoticeKey(supplier, asn string) string { return fmt.Sprintf("asn %q %q", supplier, asn) }

// BlindKey is the business key of what came unannounced under a place's document.
func BlindKey(node, document string) string { return fmt.Sprintf("blind %q %q", node, document) }

// Arrived reports whether anything has come.
func (r *Receipt) Arrived() bool {
	return slices.ContainsFunc(r.Lines, func(l ReceiptLine) bool { return l.Received > 0 })
}

// Discrepancy reports whether what came differs from what was announced: too much at any time, too little once nothing more
// is expected.
func (r *Receipt) Discrepancy() bool {
	return r.Announced && slices.ContainsFunc(r.Lines, func(l ReceiptLine) bool {
		return l.Received > l.Expected || r.State == ReceiptClosed && l.Received < l.Expected
	})
}

// line finds the line of an item and lot; nil when there is none.
func (r *Receipt) line(sku, lot string) *ReceiptLine {
	at := slices.IndexFunc(r.Lines, func(l ReceiptLine) bool { return l.SKU == sku && l.Lot == lot })
	if at < 0 {
		return nil
	}
	return &r.Lines[at]
}

// add appends a line.
func (r *Receipt) add(item Item, lot string) *ReceiptLine {
	r.Lines = append(r.Lines, ReceiptLine{
		Position: int32(len(r.Lines) + 1), SKU: item.SKU, Lot: lot, Scale: item.Scale, BaseUnit: item.BaseUnit,
	})
	return &r.Lines[len(r.Lines)-1]
}

// snapshot is the receipt as it is now, safe from later changes.
func (r *Receipt) snapshot() Receipt {
	copied := *r
	copied.Lines = slices.Clone(r.Lines)
	for i := range copied.Lines {
		copied.Lines[i].By = maps.Clone(copied.Lines[i].By)
	}
	return copied
}

// merge raises the counters of a document and gives what the line's grew by. Damaged and put aside implies received.
func (l *ReceiptLine) merge(document string, told Arrived) ReceiptMovement {
	if l.By == nil {
		l.By = make(map[string]Arrived, 1)
	}
	known := l.By[document]
	known.Damaged, known.OnHold = max(known.Damaged, told.Damaged), max(known.OnHold, told.OnHold)
	known.Received = max(known.Received, told.Received, known.Damaged+known.OnHold)
	l.By[document] = known
	before := l.Arrived
	l.Arrived = Arrived{}
	for _, part := range l.By {
		l.Received += part.Received
		l.Damaged += part.Damaged
		l.OnHold += part.OnHold
	}
	return ReceiptMovement{Position: l.Position, Arrived: Arrived{
		Received: l.Received - before.Received, Damaged: l.Damaged - before.Damaged, OnHold: l.OnHold - before.OnHold,
	}}
}

// ReceiptEventKind says what happened to a receipt.
type ReceiptEventKind int

// The events, one for each message of the contract.
const (
	ReceiptWasAnnounced ReceiptEventKind = iota + 1
	ReceiptWasReceived
	ReceiptWasClosed
)

// ReceiptEvent is something that happened to a receipt.
type ReceiptEvent struct {
	Kind ReceiptEventKind
	// Receipt is the receipt after the command.
	Receipt    Receipt
	Sequence   int64
	OccurredAt time.Time
	// Movements go with ReceiptWasReceived.
	Movements []ReceiptMovement
}

// ReceiptMovement is what one report added to one line.
type ReceiptMovement struct {
	Position int32
	Arrived
}

// Dock is what a set of commands about receipts needs to know, and what they changed. Commands are decided in order.
type Dock struct {
	Receipts map[uuid.UUID]*Receipt
	// Keys are the same receipts by their business keys.
	Keys map[string]*Receipt
	Catalog
	Now     time.Time
	Changes ReceiptChanges
}

// ReceiptChanges are what has to be stored and told.
type ReceiptChanges struct {
	// Created and Changed are in the order in which they were first touched; none is in both.
	Created, Changed []*Receipt
	Events           []ReceiptEvent

	touched map[uuid.UUID]bool
}

// ReceiptOutcome is what became of a command about a receipt.
type ReceiptOutcome struct {
	Receipt *Receipt
	// Refusal says why nothing was done; nil when it was.
	Refusal *fault.Error
}

// ReceiptCommand is a request about one receipt.
type ReceiptCommand interface {
	// Need adds what it needs.
	Need(needs *Needs)
	// Decide carries it out on the dock.
	Decide(dock *Dock) ReceiptOutcome
}

// Apply carries out the commands in order.
func (d *Dock) Apply(commands []ReceiptCommand) []ReceiptOutcome {
	outcomes := make([]ReceiptOutcome, 0, len(commands))
	for _, command := range commands {
		outcomes = append(outcomes, command.Decide(d))
	}
	return outcomes
}

// create adds a new receipt to the dock.
func (d *Dock) create(r *Receipt) *Receipt {
	r.CreatedAt = d.Now
	d.Receipts[r.ID], d.Keys[r.Key] = r, r
	d.mark(r)
	d.Changes.Created = append(d.Changes.Created, r)
	return r
}

func (d *Dock) mark(r *Receipt) (first bool) {
	r.UpdatedAt = d.Now
	if d.Changes.touched == nil {
		d.Changes.touched = make(map[uuid.UUID]bool)
	}
	first = !d.Changes.touched[r.ID]
	d.Changes.touched[r.ID] = true
	return first
}

// tell notes that the receipt has to be stored, and what happened to it.
func (d *Dock) tell(r *Receipt, at time.Time, events ...ReceiptEvent) {
	if d.mark(r) {
		d.Changes.Changed = append(d.Changes.Changed, r)
	}
	if at.IsZero() {
		at = d.Now
	}
	before := r.Sequence
	r.Sequence += int64(len(events))
	after := r.snapshot()
	for i, event := range events {
		event.Receipt, event.Sequence, event.OccurredAt = after, before+int64(i)+1, at
		d.Changes.Events = append(d.Changes.Events, event)
	}
}

// refuse is the outcome of a command that was not carried out.
func refuse(kind fault.Kind, reason, format string, args ...any) ReceiptOutcome {
	return ReceiptOutcome{Refusal: fault.New(kind, reason, format, args...)}
}

// The reasons of refusals about receipts and returns.
const (
	ReasonUnknownItem      = "UNKNOWN_ITEM"
	ReasonUnknownNode      = "UNKNOWN_NODE"
	ReasonUnknownReceipt   = "UNKNOWN_RECEIPT"
	ReasonNotStocked       = "NOT_STOCKED"
	ReasonLotRequired      = "LOT_REQUIRED"
	ReasonSupplierRequired = "SUPPLIER_REQUIRED"
	ReasonNothingReceived  = "NOTHING_RECEIVED"
	ReasonReceiptStarted   = "RECEIPT_STARTED"
	ReasonTooManyDocuments = "TOO_MANY_DOCUMENTS"
	ReasonTooManyLines     = "TOO_MANY_LINES"
	ReasonDateInvalid      = "DATE_INVALID"
	ReasonEtagMismatch     = "ETAG_MISMATCH"
)
