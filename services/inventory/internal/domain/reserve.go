package domain

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// Shortage says what to do with what cannot be set aside.
type Shortage int

// The shortage policies.
const (
	// Backorder lets it wait for stock.
	Backorder Shortage = iota + 1
	// Drop leaves it unfilled.
	Drop
	// Refuse sets nothing aside for any line.
	Refuse
)

// The reasons for which a request is refused.
const (
	ReasonInsufficient  = "INSUFFICIENT"
	ReasonUnknownItem   = "UNKNOWN_ITEM"
	ReasonNotStocked    = "NOT_STOCKED"
	ReasonUndone        = "UNDONE"
	ReasonDuplicateLine = "DUPLICATE_LINE"
)

// Want is a request to set stock aside.
type Want struct {
	// ID is the reservation's, should it be made.
	ID       uuid.UUID
	Key      string
	Order    OrderID
	Shortage Shortage
	Priority int32
	Lines    []WantLine
	// Channel decides which safety stock is kept back and which quota counts.
	Channel Channel
	// ExpiresAt makes it a soft reservation: nothing of it waits. Zero: for good.
	ExpiresAt time.Time
	// NeededAt is when what has to wait must be there; zero: now.
	NeededAt time.Time
	// Replaces is the key of a soft reservation of the partner's whose place it takes.
	Replaces string
	Partner  string
	Excluded []NodeID
	// Avoided places serve it only when the others do not have all of it. What waits may come from them.
	Avoided []NodeID
	// GivesBack is what the order has and gives back in the same go. KeepsAge: it is as old as the oldest reservation of the order
	// that serves one of its lines.
	GivesBack []CancelLine
	KeepsAge  bool
	// Refusal is set when the request was found wanting before it came to the shelf. It is stored as the outcome.
	Refusal *Refusal
}

// WantLine is a line of a request.
type WantLine struct {
	Line     int32
	SKU      SKU
	Quantity int64
}

// Refusal is a decision against a request: final, and given again to a repeat.
type Refusal struct {
	Reason, Message string
	Fields          []FieldRefusal
	Details         map[string]string
}

// FieldRefusal is what is wrong with one field.
type FieldRefusal struct{ Path, Reason, Message string }

// Outcome is what became of a request.
type Outcome struct {
	// Refusal is set when nothing was set aside and nothing waits.
	Refusal       *Refusal
	ReservationID uuid.UUID
	Key           string
	Order         OrderID
	Lines         []LineOutcome
	// Returned is what was given back for it; nil when nothing was to be.
	Returned *Cancelled
}

// LineOutcome is what a line got: asked = placed + backordered + unfilled.
type LineOutcome struct {
	Line                  int32
	SKU                   SKU
	Placed                []Placement
	Backordered, Unfilled int64
}

// Placement is stock set aside in one place.
type Placement struct {
	Node     NodeID
	Quantity int64
}

// Reserve decides requests one after the other, so that two for the same item see each other. A refused one leaves the
// others alone. A key that is known, from the shelf or from earlier in the set, gets its first outcome. Demand that waits
// and has an equal or higher priority is served before a request.
func (s *Shelf) Reserve(wants []Want) []Outcome {
	outcomes := make([]Outcome, len(wants))
	for i := range wants {
		want := &wants[i]
		outcome, known := s.outcomes[want.Key]
		if !known {
			outcome = s.decide(want)
			s.outcomes[want.Key] = outcome
		}
		outcomes[i] = outcome
	}
	s.serveAll()
	return outcomes
}

func (s *Shelf) decide(want *Want) Outcome {
	id, turn := s.turn(want)
	reservation := &Reservation{
		ID: id, Key: want.Key, Order: want.Order, Priority: want.Priority, Excluded: want.Excluded,
		Channel: want.Channel, State: Confirmed, ExpiresAt: want.ExpiresAt, Partner: want.Partner,
		NeededAt: want.NeededAt,
	}
	if !want.ExpiresAt.IsZero() {
		reservation.State = Soft
	}
	outcome := Outcome{ReservationID: id, Key: want.Key, Order: want.Order, Refusal: want.Refusal}
	if outcome.Refusal == nil {
		for _, line := range want.Lines {
			if len(s.demand[line.SKU]) > 0 {
				s.serve(line.SKU, turn)
			}
		}
		if want.Shortage != Refuse {
			outcome.Returned = s.giveBackFor(want)
		}
		plan, hold := &s.scratch, s.replaceable(want)
		plan.prepare(s, want, turn, hold, append(slices.Clone(want.Excluded), want.Avoided...))
		if len(want.Avoided) > 0 && plan.short() {
			plan.prepare(s, want, turn, hold, want.Excluded)
		}
		if want.Shortage == Refuse && plan.short() {
			outcome.Refusal = insufficient(want, plan)
		} else {
			if want.Shortage == Refuse {
				outcome.Returned = s.giveBackFor(want)
			}
			if hold != nil {
				s.replace(hold, reservation)
			}
			outcome.Lines = plan.place(want.Shortage == Backorder && reservation.State != Soft)
			reservation.Claims = s.claim(reservation, outcome.Lines)
		}
	}
	s.changes.New = append(s.changes.New, Decided{reservation, outcome})
	if outcome.Refusal == nil {
		s.addReservation(reservation)
		s.tell(EventReserved, reservation, "").Lines = outcome.Lines
	}
	return outcome
}

// claim makes the parts of a new reservation out of what its lines got, and takes them from the balances.
func (s *Shelf) claim(reservation *Reservation, lines []LineOutcome) []*Claim {
	claims := make([]*Claim, 0, len(lines))
	add := func(line *LineOutcome, node NodeID, quantity int64) {
		claims = append(claims, &Claim{
			Line: line.Line, SKU: line.SKU, Node: node, Quantity: quantity, Remaining: quantity, of: reservation, dirty: true,
		})
	}
	for i := range lines {
		line := &lines[i]
		for _, placed := range line.Placed {
			s.promise(s.stocks[StockKey{line.SKU, placed.Node}], reservation.Channel, placed.Quantity)
			add(line, placed.Node, placed.Quantity)
		}
		if line.Backordered > 0 {
			add(line, Nowhere, line.Backordered)
		}
	}
	return claims
}

// insufficient tells for each line that falls short what could be set aside for it.
func insufficient(want *Want, plan *sourcing) *Refusal {
	refusal := &Refusal{
		Reason: ReasonInsufficient, Message: "there is not enough stock for all lines; nothing was set aside",
		Details: make(map[string]string, len(want.Lines)),
	}
	for i, line := range want.Lines {
		available := plan.lines[i].group.available
		refusal.Details["available."+strconv.Itoa(int(line.Line))] = strconv.FormatInt(available, 10)
		if plan.lines[i].fill < line.Quantity {
			refusal.Fields = append(refusal.Fields, FieldRefusal{
				Path: fmt.Sprintf("lines[%d].quantity", i), Reason: ReasonInsufficient,
				Message: "less than that can be set aside",
			})
		}
	}
	return refusal
}

// sum adds quantities that are not negative; what does not fit 64 bits is more than any stock.
func sum(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

// With is the refusal with one more field at fault; the first gives the reason. It begins one where there is none.
func (r *Refusal) With(reason, path, message string) *Refusal {
	if r == nil {
		r = &Refusal{Reason: reason, Message: "nothing was set aside: " + message}
	}
	r.Fields = append(r.Fields, FieldRefusal{path, reason, message})
	return r
}
