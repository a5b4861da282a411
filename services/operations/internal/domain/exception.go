package domain

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Severity says how bad an exception is; more is worse.
type Severity int8

// The severities.
const (
	Low Severity = iota + 1
	Medium
	High
	Critical
)

// State says where an exception stands.
type State string

// The states.
const (
	Open     State = "OPEN"
	Assigned State = "ASSIGNED"
	Resolved State = "RESOLVED"
)

// StepKind says what a step was.
type StepKind string

// The kinds of step.
const (
	StepOpened   StepKind = "OPENED"
	StepAssigned StepKind = "ASSIGNED"
	StepCommand  StepKind = "COMMAND"
	StepResolved StepKind = "RESOLVED"
)

// Subject is the thing that a trouble is about.
type Subject struct{ Kind, ID string }

// Trouble is something that needs a person, as an event or the clock tells.
type Trouble struct {
	// Key makes it the same when it comes again.
	Key                         string
	Class                       Class
	Subject                     Subject
	Order, Partner, Node        string
	Reason, Message, Resolution string
	Context                     map[string]string
	// SeenAt is when it was recorded, Event what tells of it; empty: the clock did.
	SeenAt time.Time
	Event  string
	// Over: the trouble with this key has ended.
	Over bool
	// Note is what somebody did about the trouble elsewhere, which goes on; nil: nothing. One that is not open has no note.
	Note *Step
}

// Exception is a trouble that a person looks at.
type Exception struct {
	ID       uuid.UUID
	Key      string
	Class    Class
	Severity Severity
	State    State
	Queue    string
	Assignee string
	Subject  Subject
	Order    string
	Partner  string
	Node     string
	Reason   string
	Message  string
	Context  map[string]string
	// FirstSeen and LastSeen are by the clock of recording, OpenedAt when it was opened last.
	FirstSeen, LastSeen, OpenedAt, DueAt, ResolvedAt time.Time
	Resolution                                       string
	// Seen counts how often it was seen, Steps its steps, Sequence its events.
	Seen, Steps, Sequence int64
}

// IsOpen reports whether it still needs somebody.
func (e *Exception) IsOpen() bool { return e.State != Resolved }

// Step is a step in the life of an exception.
type Step struct {
	Exception uuid.UUID
	Position  int64
	Kind      StepKind
	At        time.Time
	// Actor did it; empty: Waybill.
	Actor   string
	Action  Action
	Reason  string
	Outcome string
	Event   string
}

// Notice is an event of an exception, to be told.
type Notice struct {
	Kind StepKind
	// Exception is as it was after it.
	Exception Exception
	Actor     string
	Reason    string
}

// Desk is the exceptions that a set of troubles is about, and what becomes of them. Troubles are taken in their order.
type Desk struct {
	Rules Rules
	Now   time.Time
	NewID func(key string) uuid.UUID
	// Partners are the partners of orders, as far as they are known.
	Partners map[string]string

	byKey   map[string]*Exception
	changed map[string]bool
	// Steps and Notices are what happened, in its order.
	Steps   []Step
	Notices []Notice
}

// Load puts exceptions on the desk.
func (d *Desk) Load(exceptions []Exception) {
	d.byKey, d.changed = make(map[string]*Exception, len(exceptions)), map[string]bool{}
	for i := range exceptions {
		d.byKey[exceptions[i].Key] = &exceptions[i]
	}
}

// Changed are the exceptions that are new or have changed, in the order of their ids.
func (d *Desk) Changed() []Exception {
	changed := make([]Exception, 0, len(d.changed))
	for key := range d.changed {
		changed = append(changed, *d.byKey[key])
	}
	slices.SortFunc(changed, func(a, b Exception) int { return strings.Compare(a.ID.String(), b.ID.String()) })
	return changed
}

// Matter gives those of troubles that change something, or may once those before them are booked: that one is over which is
// not open does not.
func (d *Desk) Matter(troubles []Trouble) []Trouble {
	alive := map[string]bool{}
	for key, exception := range d.byKey {
		alive[key] = exception.IsOpen()
	}
	var matter []Trouble
	for _, trouble := range troubles {
		if !trouble.Over && trouble.Note == nil {
			alive[trouble.Key] = true
		}
		if alive[trouble.Key] {
			matter = append(matter, trouble)
		}
	}
	return matter
}

// Take books troubles. The same trouble again is counted, and opened again when it was over.
func (d *Desk) Take(troubles []Trouble) {
	for _, trouble := range troubles {
		switch {
		case trouble.Over:
			d.end(trouble)
		case trouble.Note != nil:
			d.note(trouble)
		default:
			d.see(trouble)
		}
	}
}

func (d *Desk) see(t Trouble) {
	exception, ok := d.byKey[t.Key]
	if !ok {
		exception = &Exception{ID: d.NewID(t.Key), Key: t.Key, Class: t.Class, State: Resolved, FirstSeen: t.SeenAt}
		d.byKey[t.Key] = exception
	}
	d.changed[t.Key] = true
	exception.Seen++
	exception.Subject, exception.Node, exception.Reason, exception.Message = t.Subject, t.Node, t.Reason, t.Message
	exception.Order = t.Order
	if partner := d.Partners[t.Order]; partner != "" {
		t.Partner = partner
	}
	exception.Partner = t.Partner
	exception.Context = maps.Clone(t.Context)
	if t.SeenAt.After(exception.LastSeen) {
		exception.LastSeen = t.SeenAt
	}
	if exception.IsOpen() {
		return
	}
	route := d.Rules.Route(t)
	exception.State, exception.Assignee, exception.Resolution = Open, "", ""
	exception.Severity, exception.Queue = route.Severity, route.Queue
	exception.OpenedAt, exception.DueAt, exception.ResolvedAt = d.Now, d.Now.Add(route.Due), time.Time{}
	d.step(exception, Step{Kind: StepOpened, Reason: t.Reason, Event: t.Event}, true)
}

func (d *Desk) end(t Trouble) {
	exception, ok := d.byKey[t.Key]
	if !ok || !exception.IsOpen() {
		return
	}
	d.Resolve(exception, Step{Reason: t.Resolution, Event: t.Event})
}

func (d *Desk) note(t Trouble) {
	exception, ok := d.byKey[t.Key]
	if !ok || !exception.IsOpen() {
		return
	}
	d.changed[t.Key] = true
	step := *t.Note
	step.Kind, step.Event = StepCommand, t.Event
	d.step(exception, step, false)
}

// Resolve ends an exception that is on the desk.
func (d *Desk) Resolve(exception *Exception, step Step) {
	d.changed[exception.Key] = true
	exception.State, exception.ResolvedAt = Resolved, d.Now
	exception.Resolution = step.Reason
	if step.Actor != "" {
		exception.Resolution = fmt.Sprintf("%s (%s)", step.Reason, step.Actor)
	}
	step.Kind = StepResolved
	d.step(exception, step, true)
}

// Assign gives an exception that is on the desk to somebody, or back to its queue.
func (d *Desk) Assign(exception *Exception, assignee, actor, reason string) {
	if exception.Assignee == assignee {
		return
	}
	d.changed[exception.Key] = true
	exception.Assignee, exception.State = assignee, Assigned
	if assignee == "" {
		exception.State = Open
	}
	to := strings.TrimSpace("to " + assignee + " " + reason)
	if assignee == "" {
		to = strings.TrimSpace("back to the queue " + reason)
	}
	d.step(exception, Step{Kind: StepAssigned, Actor: actor, Reason: to}, true)
}

// Command notes that somebody has something done about an exception that is on the desk, and gives the step.
func (d *Desk) Command(exception *Exception, actor string, action Action, reason string) Step {
	d.changed[exception.Key] = true
	return d.step(exception, Step{Kind: StepCommand, Actor: actor, Action: action, Reason: reason}, false)
}

// Find is the exception on the desk with an id, or nil.
func (d *Desk) Find(id uuid.UUID) *Exception {
	for _, exception := range d.byKey {
		if exception.ID == id {
			return exception
		}
	}
	return nil
}

func (d *Desk) step(exception *Exception, step Step, told bool) Step {
	exception.Steps++
	step.Exception, step.Position, step.At = exception.ID, exception.Steps, d.Now
	d.Steps = append(d.Steps, step)
	if told {
		exception.Sequence++
		d.Notices = append(d.Notices, Notice{Kind: step.Kind, Exception: *exception, Actor: step.Actor, Reason: step.Reason})
	}
	return step
}
