package domain

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

// Node names a place that holds stock. Empty: no place, as for services and for what waits for stock.
type Node string

// SKU names an item, in the spelling of the master data.
type SKU string

// State is the decision on an order.
type State string

// The states. RECEIVED is the only one in which an acceptance is under way.
const (
	Received  State = "RECEIVED"
	Accepted  State = "ACCEPTED"
	Held      State = "HELD"
	Rejected  State = "REJECTED"
	Cancelled State = "CANCELLED"
)

// Policy says what may happen when stock does not suffice.
type Policy string

// The policies.
const (
	ShipPartial  Policy = "SHIP_PARTIAL"
	ShipComplete Policy = "SHIP_COMPLETE"
	FillOrKill   Policy = "FILL_OR_KILL"
)

// HoldType is the kind of a hold.
type HoldType string

// The holds that this service places by itself, and that which means nothing but that a person has placed it. People may
// place and lift others.
const (
	HoldCredit HoldType = "CREDIT"
	HoldItem   HoldType = "ITEM"
	// HoldPrice is placed when the sender's price differs from ours, HoldDuplicate when another order has the same number.
	HoldPrice     HoldType = "PRICE"
	HoldDuplicate HoldType = "DUPLICATE"
	// HoldStaleData is placed when what an order would be decided on is too old for its value.
	HoldStaleData HoldType = "STALE_DATA"
	HoldManual    HoldType = "MANUAL"
)

// MaxSourcing is how often stock is looked for again after a warehouse could not ship what was promised. Past it the
// rest of a FILL_OR_KILL order is cancelled; the rest of another one goes on waiting for stock.
const MaxSourcing = 3

// Order is the changing part of a sales order: the decision and the quantities. What was ordered and at which price
// stands elsewhere, in a snapshot for each revision. Its methods keep L1 (see Line) and record events and todos.
type Order struct {
	ID uuid.UUID
	// Shard is the one whose owner drives the order's processes.
	Shard int32
	// Version counts the saves. It is the one that was loaded: a save expects it in the table.
	Version int64
	// Sequence is that of the newest stored event.
	Sequence int64
	State    State
	Policy   Policy
	// Priority is the account's when the order came: what waits for stock is served by it.
	Priority int32
	// NotBefore is the first day on which it may be shipped; zero: at once.
	NotBefore                           time.Time
	ReceivedAt, AcceptedAt, CompletedAt time.Time
	// Lines are in the order of their numbers: line n is Lines[n-1].
	Lines []Line
	Progress

	// Events and Errands are what came of the decisions since the order was loaded.
	Events  []Event
	Errands Errands
}

// Progress is what else must be remembered of an order between two decisions. It is stored as JSON.
type Progress struct {
	Intake
	Holds []Hold `json:"holds,omitempty"`
	// Lifted are the holds that were lifted, the oldest first.
	Lifted  []LiftedHold `json:"lifted,omitempty"`
	Reasons []Reason     `json:"reasons,omitempty"`
	// Round counts how often acceptance was tried: claims and reservations of one round have one key each.
	Round int `json:"round,omitempty"`
	// Forced: somebody with the permission accepts it over the credit limit.
	Forced bool `json:"forced,omitempty"`
	// Processes is how many numbered processes were started for it.
	Processes int `json:"processes,omitempty"`
	// Releases are the handovers to warehouses of which something may still be there.
	Releases []Release `json:"releases,omitempty"`
	// Sourcings is how often stock was looked for again. Excluded are the warehouses where it must not be looked for: they
	// did not take it, or were short too often. Avoided were short before and are looked at last.
	Sourcings int    `json:"sourcings,omitempty"`
	Excluded  []Node `json:"excluded,omitempty"`
	Avoided   []Node `json:"avoided,omitempty"`
	// Awaiting are the keys of the reservations that were asked for and whose answer is not stored yet; Early is what
	// became known of them by events meanwhile.
	Awaiting []string  `json:"awaiting,omitempty"`
	Early    []Arrival `json:"early,omitempty"`
	// Undone are the keys of reservations that were taken back whole: what events still tell of them is over.
	Undone []string `json:"undone,omitempty"`
	// Prepaid: a payment is authorised before it is accepted. Payment is the key of the one that was. Kept is what was set
	// aside while a payment is asked for again.
	Prepaid bool          `json:"prepaid,omitempty"`
	Payment string        `json:"payment,omitempty"`
	Kept    *Grant        `json:"kept,omitempty"`
	Credit  CreditControl `json:"credit,omitzero"`
	// Asks is what outside systems are asked and told, the others are what came of it.
	Asks    Asks          `json:"asks,omitempty"`
	Terms   Terms         `json:"terms,omitzero"`
	Notice  Notice        `json:"notice,omitzero"`
	Freight FreightChoice `json:"freight,omitzero"`
	// Invoices is how many were issued for it, Settled of how many nothing is owed any more.
	Invoices int `json:"invoices,omitempty"`
	Settled  int `json:"settled,omitempty"`
	// Revision counts the amendments that were taken. Amending is the number of the process of the one that is being
	// decided; 0: none. Extras are what warehouses shipped beyond what was asked meanwhile. Untold is what changed before
	// the order was accepted.
	Revision int32    `json:"revision,omitempty"`
	Amending int      `json:"amending,omitempty"`
	Extras   []Part   `json:"extras,omitempty"`
	Untold   *Amended `json:"untold,omitempty"`
	// Closes: it ended with something that will not be shipped, and who keeps a copy of it was to be told so. Orders that ended
	// before that was told do not say so.
	Closes bool `json:"closes,omitempty"`
}

// Hold is a reason to stop until somebody lifts it.
type Hold struct {
	Type     HoldType  `json:"type"`
	Reason   string    `json:"reason"`
	Message  string    `json:"message,omitempty"`
	PlacedAt time.Time `json:"placed_at"`
	Actor    string    `json:"actor,omitempty"`
}

// LiftedHold is a hold that stood, and who lifted it why.
type LiftedHold struct {
	Hold
	LiftedAt   time.Time `json:"lifted_at"`
	LiftedBy   string    `json:"lifted_by"`
	LiftReason string    `json:"lift_reason"`
}

// Reason says why an order was rejected or cancelled. Line 0: all of it.
type Reason struct {
	Reason  string `json:"reason"`
	Message string `json:"message,omitempty"`
	Line    int32  `json:"line,omitempty"`
}

// Part is a quantity of one line, in one place where a place is meant.
type Part struct {
	Line     int32 `json:"line"`
	Node     Node  `json:"node,omitempty"`
	Quantity int64 `json:"quantity"`
}

// Release is a handover to one warehouse for one ship-to: by which process, and which lines went.
type Release struct {
	Process int     `json:"process"`
	Node    Node    `json:"node,omitempty"`
	ShipTo  int     `json:"ship_to,omitempty"`
	Lines   []int32 `json:"lines"`
}

// Arrival is stock that was set aside (or taken back: negative) under a key, told by an event.
type Arrival struct {
	Key string `json:"key"`
	Part
}

// Errands are what others must be asked because of what was decided.
type Errands struct {
	// Stop are the handovers that the warehouses are asked to stop.
	Stop []Release
	// GiveBack is stock, and waiting demand where it has no node, that is not needed.
	GiveBack []GiveBack
	// Void is the key of a payment of which nothing will be captured.
	Void string
	// Free is credit that is not needed: quantities of lines that will not be shipped.
	Free []Part
	// Surprises are facts that should not have been possible; a person must look.
	Surprises []Surprise
	// Resolved are the keys of surprises that are settled.
	Resolved []string
	// Amended are the revisions that were taken, Decided the amendments that were decided.
	Amended []Amended
	Decided []AmendmentOutcome
}

// GiveBack is stock that is not needed. Key names the reservation; empty: whichever of the order holds it. KeepsAge: it is not needed
// now, and stock is looked for anew for it, later; that is to be as old.
type GiveBack struct {
	Key string
	Part
	KeepsAge bool
}

// Surprise is a fact that should not have been possible. Key names it among the order's, so that it can be settled later;
// empty: it cannot.
type Surprise struct{ Reason, Message, Key string }

// Clone is a copy that shares nothing that changes, without events and todos.
func (o *Order) Clone() *Order {
	c := *o
	c.Events, c.Errands = nil, Errands{}
	c.Lines = slices.Clone(o.Lines)
	for i := range c.Lines {
		c.Lines[i].At = slices.Clone(c.Lines[i].At)
		c.Lines[i].Surplus = slices.Clone(c.Lines[i].Surplus)
		c.Lines[i].Doubt = slices.Clone(c.Lines[i].Doubt)
	}
	c.Holds = slices.Clone(o.Holds)
	c.Lifted = slices.Clone(o.Lifted)
	c.Reasons = slices.Clone(o.Reasons)
	c.Releases = slices.Clone(o.Releases)
	c.Excluded = slices.Clone(o.Excluded)
	c.Avoided = slices.Clone(o.Avoided)
	c.Awaiting = slices.Clone(o.Awaiting)
	c.Early = slices.Clone(o.Early)
	c.Undone = slices.Clone(o.Undone)
	c.Extras = slices.Clone(o.Extras)
	return &c
}

// NextProcess gives the next number of a process of this order.
func (o *Order) NextProcess() int {
	o.Processes++
	return o.Processes
}

// Line is the line of that number, or nil when the order has none.
func (o *Order) Line(number int32) *Line {
	if number < 1 || int(number) > len(o.Lines) {
		return nil
	}
	return &o.Lines[number-1]
}

// tell records an event.
func (o *Order) tell(event Event) { o.Events = append(o.Events, event) }

func (o *Order) surprise(reason, message string) {
	o.Errands.Surprises = append(o.Errands.Surprises, Surprise{Reason: reason, Message: message})
}
