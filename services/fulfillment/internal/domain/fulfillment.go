package domain

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/id"
)

// Stage is how far an order to a warehouse has come. A report implies all earlier stages, so stages only grow.
type Stage string

// The stages. The last three are ends: nothing remains after them.
const (
	StageCreated      Stage = "CREATED"
	StageSent         Stage = "SENT"
	StageAcknowledged Stage = "ACKNOWLEDGED"
	StageInProgress   Stage = "IN_PROGRESS"
	StageClosed       Stage = "CLOSED"
	StageRejected     Stage = "REJECTED"
	StageCancelled    Stage = "CANCELLED"
)

// rank orders the stages; all ends are equal.
var rank = map[Stage]int{
	StageCreated: 1, StageSent: 2, StageAcknowledged: 3, StageInProgress: 4,
	StageClosed: 5, StageRejected: 5, StageCancelled: 5,
}

// Stop is what became of the request to stop an order. It is asked once: a refusal is final.
type Stop string

// The states of a request to stop.
const (
	StopNone      Stop = ""
	StopRequested Stop = "REQUESTED"
	StopRefused   Stop = "REFUSED"
)

// Fulfillment is an order to one warehouse.
type Fulfillment struct {
	ID                                         uuid.UUID
	Key, OrderID, NodeID, PartnerID, AccountID string
	Lines                                      []Line
	ShipTo                                     Address
	Instructions                               Instructions
	Stage                                      Stage
	Stop                                       Stop
	// Sequence is that of the last event told of it.
	Sequence             int64
	CreatedAt, UpdatedAt time.Time

	counted bool
}

// Line is what is asked for of one order line, and how far it is: requested ≥ picked ≥ packed ≥ shipped, and
// requested ≥ shipped + shorted + cancelled. All are base quantities from the beginning.
type Line struct {
	Number    int32  `json:"line"`
	SKU       string `json:"sku"`
	Service   bool   `json:"service,omitempty"`
	Scale     int32  `json:"scale,omitempty"`
	BaseUnit  string `json:"unit"`
	Requested int64  `json:"requested"`
	Picked    int64  `json:"picked,omitempty"`
	Packed    int64  `json:"packed,omitempty"`
	Shipped   int64  `json:"shipped,omitempty"`
	Shorted   int64  `json:"shorted,omitempty"`
	Cancelled int64  `json:"cancelled,omitempty"`
	// Tolerance is how much beyond Requested may be shipped and invoiced, Over how much of it was.
	Tolerance int64 `json:"tolerance,omitempty"`
	Over      int64 `json:"over,omitempty"`
}

// Address is where the goods go.
type Address struct {
	Name       string   `json:"name,omitempty"`
	Lines      []string `json:"lines,omitempty"`
	City       string   `json:"city,omitempty"`
	Region     string   `json:"region,omitempty"`
	PostalCode string   `json:"postal_code,omitempty"`
	Country    string   `json:"country,omitempty"`
}

// Instructions say how and when to ship. Days are "YYYY-MM-DD"; what is empty is left to the warehouse.
type Instructions struct {
	ServiceLevel string `json:"service_level,omitempty"`
	Carrier      string `json:"carrier,omitempty"`
	ShipBy       string `json:"ship_by,omitempty"`
	NotBefore    string `json:"not_before,omitempty"`
	// ArrivesOn is when the goods are to arrive.
	ArrivesOn string `json:"arrives_on,omitempty"`
}

// Quantity is a part of an order line.
type Quantity struct {
	Line     int32
	SKU      string
	Quantity int64
	Service  bool
}

// keySpace makes the ids of fulfilments out of their keys, so that the primary key is what keeps a key unique for ever.
var keySpace = uuid.MustParse("5b0c1c0e-7a52-4c1f-9f43-0f5a5e2f7d11")

// IDOf is the id of the fulfilment that is made under a key.
func IDOf(key string) uuid.UUID { return id.Derive(keySpace, key) }

// Remaining is what may still be shipped.
func (l Line) Remaining() int64 { return l.Requested - l.Shipped - l.Shorted - l.Cancelled }

// tolerated is how much more than what remains may be shipped as planned. Nothing is of a line that was short or given up: what
// was missing is free for others.
func (l Line) tolerated() int64 {
	if l.Shorted > 0 || l.Cancelled > 0 {
		return 0
	}
	return max(0, l.Tolerance-l.Over)
}

// Remaining reports whether any line has something left to be shipped.
func (f *Fulfillment) Remaining() bool {
	return slices.ContainsFunc(f.Lines, func(l Line) bool { return l.Remaining() > 0 })
}

// Counted reports whether a counter of a line has changed since the order was loaded.
func (f *Fulfillment) Counted() bool { return f.counted }

// Ended reports whether the order is past everything that could be done about it.
func (f *Fulfillment) Ended() bool { return rank[f.Stage] == rank[StageClosed] }

// HasGoods reports whether there is anything that a warehouse must do.
func (f *Fulfillment) HasGoods() bool {
	return slices.ContainsFunc(f.Lines, func(l Line) bool { return !l.Service })
}

// line finds a line by its number.
func (f *Fulfillment) line(number int32) *Line {
	at, found := slices.BinarySearchFunc(f.Lines, number, func(l Line, n int32) int { return int(l.Number) - int(n) })
	if !found {
		return nil
	}
	return &f.Lines[at]
}

// reach moves the order on to a stage, unless it is further already, and reports whether it moved.
func (f *Fulfillment) reach(stage Stage) bool {
	if rank[f.Stage] >= rank[stage] {
		return false
	}
	f.Stage = stage
	return true
}

// release gives up everything that remains: it is free again.
func (f *Fulfillment) release() {
	f.counted = true
	for i := range f.Lines {
		f.Lines[i].Cancelled += f.Lines[i].Remaining()
	}
}

// imply raises the counters that a later one implies.
func (l *Line) imply() {
	l.Packed = max(l.Packed, l.Shipped)
	l.Picked = max(l.Picked, l.Packed)
}

// snapshot is the order as it is now, safe from later changes.
func (f *Fulfillment) snapshot() Fulfillment {
	copied := *f
	copied.Lines = slices.Clone(f.Lines)
	return copied
}
