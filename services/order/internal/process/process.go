package process

import (
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

// KindName names a kind of process.
type KindName string

// State says whether a process goes on by itself.
type State string

// A stuck process has failed for too long: an exception is open, and it is tried again slowly.
const (
	Active State = "ACTIVE"
	Stuck  State = "STUCK"
)

// Process is one row of the queue.
type Process struct {
	ID      uuid.UUID
	OrderID uuid.UUID
	Kind    KindName
	Shard   int32
	State   State
	// Version counts the saves of the row.
	Version int64
	// DueAt is when it is to be looked at, Deadline when it counts as stuck.
	DueAt, Deadline time.Time
	Steps           []Step
}

// StepName names a step of a kind.
type StepName string

// StepState is how far a step is.
type StepState string

// The states of a step. Pending steps do not exist: a step is stored when it is to be called.
const (
	Calling StepState = "calling" // asked for, no answer yet
	Done    StepState = "done"
	Refused StepState = "refused"
	Undoing StepState = "undoing" // its compensation is asked for, no answer yet
	Undone  StepState = "undone"
)

// Step is one call, with what must be the same each time it is made.
type Step struct {
	Name    StepName  `json:"step"`
	State   StepState `json:"state"`
	Round   int       `json:"round"`
	Attempt int       `json:"attempt,omitempty"`
	Error   string    `json:"error,omitempty"`
	// Suspect counts the failed attempts for which the call itself may be to blame.
	Suspect int `json:"suspect,omitempty"`

	// Forced: credit is claimed over the limit.
	Forced bool `json:"forced,omitempty"`
	// Insists: it has a budget, and is called again without an answer.
	Insists bool `json:"insists,omitempty"`
	// Node is the warehouse, ShipTo the number of the place that it ships to, Parts what is meant, Exclude where stock must not be looked for, Avoid where last.
	Node    domain.Node   `json:"node,omitempty"`
	ShipTo  int           `json:"ship_to,omitempty"`
	Parts   []domain.Part `json:"parts,omitempty"`
	Exclude []domain.Node `json:"exclude,omitempty"`
	// GivesBack is what the order has and gives back in the transaction of the reservation. KeepsAge: that is as old as the one
	// before it; or, of what is given back alone, as old is what is looked for anew after it.
	GivesBack []domain.Part `json:"gives_back,omitempty"`
	KeepsAge  bool          `json:"keeps_age,omitempty"`
	Avoid     []domain.Node `json:"avoid,omitempty"`
	// Amendment is what the order is to take when its credit is granted.
	Amendment *domain.Amendment `json:"amendment,omitempty"`
	// Swap is the line that a substitution is to make.
	Swap *domain.Swap `json:"swap,omitempty"`
	// Target is the key of what this step takes back. Empty: whatever the order has.
	Target string `json:"target,omitempty"`

	// Answer and Err are what the call brought; never stored. Neither: it was not made.
	Answer *Answer `json:"-"`
	Err    error   `json:"-"`
}

// Answer is what another service has decided.
type Answer struct {
	// Refusal is why not; nil: done.
	Refusal *Refusal
	// Grant is what a reservation brought.
	Grant *domain.Grant
	// GivenBack is what was given back of promises and of what waits. Returned: what the step gives back was.
	GivenBack []domain.Part
	Returned  bool
	// AtRelease: the credit that was claimed is to be cleared before a release. Block is the sequence of a refused clearance
	// among what billing tells of the order's credit.
	AtRelease bool
	Block     int64
	// Missing is why a best-effort step has no answer; empty: it has one.
	Missing string
	// AsOf is when the customer's terms were known to be right. TooMuch is why the order may not be taken on them while they are
	// not confirmed; empty: it may.
	AsOf    time.Time
	TooMuch string
	// Reference is what a portal calls a notice, Freight how the goods are to travel.
	Reference string
	Freight   *domain.FreightChoice
}

// Refusal is a final no.
type Refusal struct{ Reason, Message string }

// reasonUndone is the refusal of a key that was taken back before it was seen.
const reasonUndone = "UNDONE"

// active reports whether the step is to be called.
func (s *Step) active() bool { return s.State == Calling || s.State == Undoing }

// undo has the step taken back, which is another call.
func (s *Step) undo() { s.State, s.Attempt, s.Suspect, s.Answer = Undoing, 0, 0, nil }

func (p *Process) step(name StepName) *Step {
	for i := range p.Steps {
		if p.Steps[i].Name == name {
			return &p.Steps[i]
		}
	}
	return nil
}

// Live reports whether the process has something to call.
func (p *Process) Live() bool {
	return slices.ContainsFunc(p.Steps, func(s Step) bool { return s.active() })
}

func (p *Process) has(state StepState) bool {
	return slices.ContainsFunc(p.Steps, func(s Step) bool { return s.State == state })
}

// Key is the key under which a step is called: the same in each attempt of a round.
func (p *Process) Key(s *Step) string { return keyOf(p.ID, s.Name, s.Node, s.ShipTo, s.Round) }

// UndoKey is the key under which a step's compensation is called.
func (p *Process) UndoKey(s *Step) string { return p.Key(s) + "/undo" }

func keyOf(process uuid.UUID, name StepName, node domain.Node, shipTo, round int) string {
	key := id.Format(id.Process, process) + "/" + string(name)
	if node != "" {
		key += "." + string(node)
	}
	if shipTo != 0 {
		key += "~" + strconv.Itoa(shipTo)
	}
	return key + "/" + strconv.Itoa(round)
}

// idOf is the id of an order's process of that number: the same each time, so that what an order remembers of a process
// is its number.
func idOf(order uuid.UUID, number int) uuid.UUID { return id.Derive(order, strconv.Itoa(number)) }

// Clone is a copy whose steps may be changed.
func (p *Process) Clone() *Process {
	c := *p
	c.Steps = slices.Clone(p.Steps)
	return &c
}

func newProcess(o *domain.Order, number int, kind *Kind, now time.Time) *Process {
	return &Process{
		ID: idOf(o.ID, number), OrderID: o.ID, Kind: kind.Name, Shard: o.Shard, State: Active, Version: 1,
		DueAt: now, Deadline: now.Add(kind.Patience),
	}
}
