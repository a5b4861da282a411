package domain

import (
	"cmp"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Area says whose matter a break is.
type Area string

// The areas.
const (
	AreaOrders Area = "ORDERS"
	AreaStock  Area = "STOCK"
	AreaMoney  Area = "MONEY"
)

// Areas are all areas.
func Areas() []Area { return []Area{AreaOrders, AreaStock, AreaMoney} }

// Difference is that the two sides of a rule differ in one place.
type Difference struct {
	Equation, Rule, Description string
	// Entity is what it is about, for people; with the equation it names the break.
	Entity              string
	Left, Right, Detail string
	// Subject is the order, shipment or document of a rule between services; what is under way is known by it.
	Subject string
	// The rest says the same typed, as far as it is known.
	Order    string
	Line     int32
	SKU      string
	Node     string
	Document string
	Area     Area
}

// Key names the break that it is.
func (d Difference) Key() string { return d.Equation + "/" + d.Entity }

// Break is a difference that is there though nothing about it is in flight, and what became of it.
type Break struct {
	ID uuid.UUID
	Difference
	Suggestion
	Open bool
	// Since is when it was found first, or again; ClosedAt is zero while it is open.
	Since, LastSeen, ClosedAt time.Time
	// Seen counts how often it was found, Repairs what was done about it, Sequence its events.
	Seen, Repairs, Sequence int64
}

// Confirm keeps those of the first look's differences that are breaks: they are in the second look too, with the same values on
// both sides, and nothing about their subjects is under way. Undecided are those that differ still, or of which nothing can be
// said: they open no break and close none.
func Confirm(first, second []Difference, busy map[string]bool, settled bool) (confirmed, undecided []Difference) {
	again := make(map[string]Difference, len(second))
	for _, one := range second {
		again[one.Key()] = one
	}
	for _, one := range first {
		switch now, still := again[one.Key()]; {
		case !still:
		case !settled || busy[one.Subject] || now.Left != one.Left || now.Right != one.Right:
			undecided = append(undecided, now)
		default:
			confirmed = append(confirmed, now)
		}
	}
	return confirmed, undecided
}

// Look is what came of looking at one rule.
type Look struct {
	Equation string
	// Breaks are its confirmed differences, Undecided those that open and close nothing.
	Breaks, Undecided []Difference
	// Whole says that nothing was left out: what is in neither list is no difference.
	Whole bool
}

// BreakNotice is an event of a break, to be told.
type BreakNotice struct {
	// Break is as it was after it: open when it was found, closed when it was not found any more.
	Break Break
}

// BreakBook is the breaks that are known of some rules, and what becomes of them.
type BreakBook struct {
	Now   time.Time
	NewID func(key string) uuid.UUID

	known   map[uuid.UUID]*Break
	changed map[uuid.UUID]bool
	// Notices are what happened, in its order. Found and Closed count them.
	Notices       []BreakNotice
	Found, Closed int64
}

// Load puts breaks into the book: those of the rules that are open, and those of the looks that are known.
func (b *BreakBook) Load(breaks []Break) {
	b.known, b.changed = make(map[uuid.UUID]*Break, len(breaks)), map[uuid.UUID]bool{}
	for i := range breaks {
		b.known[breaks[i].ID] = &breaks[i]
	}
}

// Changed are the breaks that are new or have changed, in the order of their ids.
func (b *BreakBook) Changed() []Break {
	changed := make([]Break, 0, len(b.changed))
	for id := range b.changed {
		changed = append(changed, *b.known[id])
	}
	slices.SortFunc(changed, func(x, y Break) int { return cmp.Compare(x.ID.String(), y.ID.String()) })
	return changed
}

// Take books a look at a rule: what it found is opened or seen again, what it did not find any more is closed.
func (b *BreakBook) Take(look Look) {
	present := map[uuid.UUID]bool{}
	for _, one := range look.Breaks {
		id := b.NewID(one.Key())
		present[id] = true
		b.see(id, one)
	}
	for _, one := range look.Undecided {
		present[b.NewID(one.Key())] = true
	}
	if !look.Whole {
		return
	}
	for _, id := range b.openOf(look.Equation) {
		if !present[id] {
			b.close(b.known[id])
		}
	}
}

func (b *BreakBook) openOf(equation string) []uuid.UUID {
	var open []uuid.UUID
	for id, one := range b.known {
		if one.Open && one.Equation == equation {
			open = append(open, id)
		}
	}
	slices.SortFunc(open, func(x, y uuid.UUID) int { return cmp.Compare(x.String(), y.String()) })
	return open
}

func (b *BreakBook) see(id uuid.UUID, difference Difference) {
	one := b.known[id]
	if one == nil {
		one = &Break{ID: id}
		b.known[id] = one
	}
	b.changed[id] = true
	one.Difference, one.Suggestion = difference, Suggest(difference)
	one.LastSeen = b.Now
	one.Seen++
	if one.Open {
		return
	}
	one.Open, one.Since, one.ClosedAt = true, b.Now, time.Time{}
	b.Found++
	b.tell(one)
}

func (b *BreakBook) close(one *Break) {
	b.changed[one.ID] = true
	one.Open, one.ClosedAt = false, b.Now
	b.Closed++
	b.tell(one)
}

func (b *BreakBook) tell(one *Break) {
	one.Sequence++
	b.Notices = append(b.Notices, BreakNotice{Break: *one})
}

// RunState says where a reconciliation stands.
type RunState string

// The states of reconciliations.
const (
	RunWaiting RunState = "WAITING"
	RunRunning RunState = "RUNNING"
	RunDone    RunState = "DONE"
)

// Trigger says why a reconciliation was made.
type Trigger string

// The triggers.
const (
	Scheduled Trigger = "SCHEDULED"
	Requested Trigger = "REQUESTED"
)

// RuleResult is what became of one rule.
type RuleResult struct {
	Equation string `json:"equation"`
	Rule     string `json:"rule"`
	Examined int64  `json:"examined"`
	Broken   int64  `json:"broken"`
	InFlight int64  `json:"in_flight"`
	// Failure says why it could not be checked.
	Failure string `json:"failure,omitempty"`
}

// Run is one look at all books.
type Run struct {
	ID          uuid.UUID
	State       RunState
	Trigger     Trigger
	RequestedBy string
	// StartedAt and FinishedAt are zero before.
	RequestedAt, StartedAt, FinishedAt time.Time
	Results                            []RuleResult
	Found, Closed, Open                int64
}

// RepairRecord is a repair of a break that somebody had carried out.
type RepairRecord struct {
	Break    uuid.UUID
	Position int64
	Repair   Repair
	At       time.Time
	Actor    string
	Reason   string
	Input    map[string]string
	// Outcome is empty while it is not known.
	Outcome string
}
