package domain

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
)

// ReturnState is where a return stands.
type ReturnState string

// The states of a return.
const (
	ReturnRequested  ReturnState = "REQUESTED"
	ReturnAuthorized ReturnState = "AUTHORIZED"
	ReturnInTransit  ReturnState = "IN_TRANSIT"
	ReturnReceiving  ReturnState = "RECEIVING"
	ReturnInspected  ReturnState = "INSPECTED"
	ReturnCredited   ReturnState = "CREDITED"
	ReturnClosed     ReturnState = "CLOSED"
	ReturnDeclined   ReturnState = "DECLINED"
	ReturnCancelled  ReturnState = "CANCELLED"
	ReturnExpired    ReturnState = "EXPIRED"
)

// Return is what comes back from a customer.
type Return struct {
	ID uuid.UUID
	// Key is its business key: the partner's number, or the place's document of what came blind.
	Key                                        string
	RMA, OrderID, PartnerID, AccountID, NodeID string
	CurrencyCode, Reason, DecisionReason       string
	Carrier, Tracking                          string
	State                                      ReturnState
	Lines                                      []ReturnLine
	ExpiresOn                                  string
	// Decided: the request was authorised, declined, withdrawn or has expired; what came blind was never asked for.
	Decided bool
	// Closing: somebody has ended it; it closes with what is under way.
	Closing bool
	// Hash stands for the request: a repeat has the same. Empty without one.
	Hash []byte
	// Sequence is that of the last event; Version counts the changes, also those that are told to nobody.
	Sequence, Version      int64
	RequestedAt, UpdatedAt time.Time
}

// Split is what became of goods.
type Split struct {
	Restocked        int64 `json:"restocked,omitempty"`
	Damaged          int64 `json:"damaged,omitempty"`
	Scrapped         int64 `json:"scrapped,omitempty"`
	ReturnedToVendor int64 `json:"to_vendor,omitempty"`
}

// sum is how many units it is about.
func (s Split) sum() int64 { return s.Restocked + s.Damaged + s.Scrapped + s.ReturnedToVendor }

func addSplit(s, t Split) Split {
	return Split{s.Restocked + t.Restocked, s.Damaged + t.Damaged, s.Scrapped + t.Scrapped, s.ReturnedToVendor + t.ReturnedToVendor}
}

func subtractSplit(s, t Split) Split {
	return Split{s.Restocked - t.Restocked, s.Damaged - t.Damaged, s.Scrapped - t.Scrapped, s.ReturnedToVendor - t.ReturnedToVendor}
}

func maxSplit(s, t Split) Split {
	return Split{
		max(s.Restocked, t.Restocked), max(s.Damaged, t.Damaged), max(s.Scrapped, t.Scrapped),
		max(s.ReturnedToVendor, t.ReturnedToVendor),
	}
}

// Inspection are the counters of one document: what became of goods at their first inspection, how many were put on hold,
// and what became of those later.
type Inspection struct {
	Split
	OnHold   int64 `json:"on_hold,omitempty"`
	FromHold Split `json:"from_hold,omitzero"`
	Withheld int64 `json:"withheld,omitempty"`
}

// ReturnLine is one item of a return. The counters below Split are made of those of the documents: see settle.
type ReturnLine struct {
	Position int32 `json:"position"`
	// ShipmentLineID is empty, and OrderLine 0, without reference.
	ShipmentLineID string `json:"shipment_line,omitempty"`
	OrderLine      int32  `json:"line,omitempty"`
	SKU            string `json:"sku"`
	Lot            string `json:"lot,omitempty"`
	Scale          int32  `json:"scale,omitempty"`
	BaseUnit       string `json:"unit"`
	Service        bool   `json:"service,omitempty"`
	// Unbilled: it was shipped unplanned.
	Unbilled bool `json:"unbilled,omitempty"`

	Requested  int64 `json:"requested,omitempty"`
	Authorized int64 `json:"authorized,omitempty"`
	Voided     int64 `json:"voided,omitempty"`
	Received   int64 `json:"received,omitempty"`
	Blind      int64 `json:"blind,omitempty"`
	// Uninspected, OnHold and Split add up to Received.
	Uninspected int64 `json:"uninspected,omitempty"`
	OnHold      int64 `json:"on_hold,omitempty"`
	Split
	// Credited never falls; Withheld is what the inspections said.
	Credited     int64 `json:"credited,omitempty"`
	Withheld     int64 `json:"withheld,omitempty"`
	CreditIssued int64 `json:"credit_issued,omitempty"`

	WithheldReason string `json:"withheld_reason,omitempty"`
	FeeBP          int32  `json:"fee_bp,omitempty"`
	AgreedPrice    string `json:"agreed_price,omitempty"`
	TaxClass       string `json:"tax_class,omitempty"`

	// Arrived and Inspections are the counters by document, merged by maximum.
	Arrived     map[string]int64      `json:"arrived,omitempty"`
	Inspections map[string]Inspection `json:"inspections,omitempty"`
}

// PartnerKey is the business key of a partner's own number of a return.
func PartnerKey(partner, rma string) string { return fmt.Sprintf("rma %q %q", partner, rma) }

// allowed is how much may come back.
func (l *ReturnLine) allowed() int64 { return l.Authorized - l.Voided }

// outstanding is how much of it has not come.
func (l *ReturnLine) outstanding() int64 {
	if l.Service {
		return 0
	}
	return max(0, l.allowed()-l.Received)
}

// voidable is how much of it may be taken back.
func (l *ReturnLine) voidable() int64 {
	if l.Service {
		return l.allowed() - l.Credited
	}
	return l.outstanding()
}

// creditable reports whether there is a price at which it could be credited.
func (l *ReturnLine) creditable() bool {
	if l.ShipmentLineID == "" {
		return l.AgreedPrice != ""
	}
	return !l.Unbilled
}

// settle makes the line's counters of those of its documents and of what is allowed. Goods that were put on hold or
// inspected have arrived, also when nobody has said so; what is beyond what is allowed is blind, and not credited.
func (l *ReturnLine) settle() {
	if l.Service {
		if l.creditable() {
			l.Credited = max(l.Credited, l.allowed())
		}
		return
	}
	var first, later Split
	var held, arrived int64
	l.Withheld = 0
	for _, part := range l.Inspections {
		first, later = addSplit(first, part.Split), addSplit(later, part.FromHold)
		held += part.OnHold
		l.Withheld += part.Withheld
	}
	for _, part := range l.Arrived {
		arrived += part
	}
	held = max(held, later.sum())
	seen := first.sum() + held
	l.Received = max(arrived, seen)
	l.Uninspected = l.Received - seen
	l.OnHold = held - later.sum()
	l.Split = addSplit(first, later)
	l.Blind = max(0, l.Received-l.allowed())
	if l.creditable() {
		l.Credited = max(l.Credited, min(seen, l.allowed())-l.Withheld)
	}
}

// any reports whether a line is so.
func (r *Return) any(is func(*ReturnLine) bool) bool {
	for i := range r.Lines {
		if is(&r.Lines[i]) {
			return true
		}
	}
	return false
}

// Arrived reports whether anything has come.
func (r *Return) Arrived() bool { return r.any(func(l *ReturnLine) bool { return l.Received > 0 }) }

// Blind reports whether anything has come without being authorised.
func (r *Return) Blind() bool { return r.any(func(l *ReturnLine) bool { return l.Blind > 0 }) }

// Outstanding reports whether anything is allowed that has not come.
func (r *Return) Outstanding() bool {
	return r.any(func(l *ReturnLine) bool { return l.outstanding() > 0 })
}

// Lapses is the day after which what has not come is voided; empty when nothing would be.
func (r *Return) Lapses() string {
	if r.State == ReturnRequested || r.Outstanding() {
		return r.ExpiresOn
	}
	return ""
}

// arrange moves the return to the state that its quantities stand for, and reports whether it has closed by it. A request
// that nobody has decided, and what ended before anything came, stay as they are until something comes.
func (r *Return) arrange() (closed bool) {
	arrived := r.Arrived()
	credited := r.any(func(l *ReturnLine) bool { return l.Credited > 0 })
	if !arrived && (!credited && !r.Closing || r.over()) {
		return false
	}
	before := r.State
	switch pending := r.any(func(l *ReturnLine) bool { return l.Credited > l.CreditIssued }); {
	case r.any(func(l *ReturnLine) bool { return l.Uninspected > 0 }):
		r.State = ReturnReceiving
	case pending && arrived:
		r.State = ReturnInspected
	case pending || !arrived && r.Outstanding():
		// Services are being credited, or goods are still to come: authorised or on its way.
	case !r.open():
		r.State = ReturnClosed
	case credited:
		r.State = ReturnCredited
	default:
		r.State = ReturnInspected
	}
	return before != ReturnClosed && r.State == ReturnClosed
}

// open reports whether more is to be expected or decided.
func (r *Return) open() bool {
	return r.Outstanding() || !r.Closing && r.any(func(l *ReturnLine) bool { return l.Blind > 0 || l.OnHold > 0 })
}

// over reports whether it ended before anything came.
func (r *Return) over() bool {
	return r.State == ReturnDeclined || r.State == ReturnCancelled || r.State == ReturnExpired
}

// line finds a line by its position; nil when there is none.
func (r *Return) line(position int32) *ReturnLine {
	if position < 1 || int(position) > len(r.Lines) {
		return nil
	}
	return &r.Lines[position-1]
}

// ScaleOf is how many decimal places the quantities of a line have; 0 for a line that is not there.
func (r *Return) ScaleOf(position int32) int {
	if line := r.line(position); line != nil {
		return int(line.Scale)
	}
	return 0
}

// add appends a line.
func (r *Return) add(line ReturnLine) *ReturnLine {
	line.Position = int32(len(r.Lines) + 1)
	r.Lines = append(r.Lines, line)
	return &r.Lines[len(r.Lines)-1]
}

// snapshot is the return as it is now, safe from later changes.
func (r *Return) snapshot() Return {
	copied := *r
	copied.Lines = slices.Clone(r.Lines)
	for i := range copied.Lines {
		line := &copied.Lines[i]
		line.Arrived, line.Inspections = maps.Clone(line.Arrived), maps.Clone(line.Inspections)
	}
	return copied
}
