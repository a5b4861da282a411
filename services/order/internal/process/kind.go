package process

import "time"

// Action is a call that takes a set.
type Action string

// The calls that steps make.
const (
	ClaimCredit       Action = "billing.ClaimCredit" //nolint:gosec // the name of a call, no credential
	ReleaseCredit     Action = "billing.ReleaseCredit"
	Reserve           Action = "inventory.Reserve"
	CancelReservation Action = "inventory.CancelReservation"
	CreateFulfillment Action = "fulfillment.CreateFulfillment"
	CancelFulfillment Action = "fulfillment.CancelFulfillment"
	ClearCredit       Action = "billing.ClearCredit" //nolint:gosec // the name of a call, no credential
	AuthorizePayment  Action = "billing.AuthorizePayment"
	VoidPayment       Action = "billing.VoidPayment"
	CheckTerms        Action = "erp.CheckTerms"
	QuoteFreight      Action = "tms.QuoteFreight"
	NotifyPortal      Action = "channel.NotifyPortal"
	WithdrawNotice    Action = "channel.WithdrawNotice"
	nothing           Action = ""
)

// Need says how long a step may go without an answer.
type Need struct {
	// Budget is the time after which a step ends without one, unless the driver is told otherwise. 0: it is tried until it has one.
	Budget time.Duration
}

// Required steps are tried until they are answered. Best-effort ones get what the backend says in place of an answer when
// there is none within their budget: the process never waits for them, and nobody is asked twice.
var (
	Required   = Need{}
	BestEffort = Need{Budget: 200 * time.Millisecond}
)

// Retry is how a step without an answer is tried again: the first delay, doubled with each attempt up to the longest.
type Retry struct{ First, Longest time.Duration }

// Quick is for steps for which somebody waits, Patient for those for which nobody does.
var (
	Quick   = Retry{First: 50 * time.Millisecond, Longest: 10 * time.Second}
	Patient = Retry{First: 200 * time.Millisecond, Longest: time.Minute}
	// Slow is for asking somebody again who is known to be away.
	Slow = Retry{First: 2 * time.Second, Longest: 30 * time.Second}
)

// Rule is one row of a kind's table.
type Rule struct {
	Step StepName
	// Do is the call, Undo the one that takes it back. Where the pivot lies nothing can be taken back any more.
	Do, Undo Action
	Need     Need
	Retry    Retry
	// Pivot is the fact after which a step is never compensated; empty: it always can be.
	Pivot string
}

// Kind is a kind of process: its table. What the answers mean stands beside it.
type Kind struct {
	Name  KindName
	Rules []Rule
	// Last is a step that is called only when all others have agreed; empty: there is none.
	Last StepName
	// Patience is how long it may go without an end before a person is asked.
	Patience time.Duration
}

// Kinds are all kinds of process.
func Kinds() []*Kind {
	return []*Kind{&Acceptance, &Amendment, &Clearance, &Release, &Resource, &Substitution, &Withdraw, &Expiry, &Recheck}
}

func kindOf(name KindName) *Kind {
	for _, kind := range Kinds() {
		if kind.Name == name {
			return kind
		}
	}
	return nil
}

func (k *Kind) rule(step StepName) *Rule {
	for i := range k.Rules {
		if k.Rules[i].Step == step {
			return &k.Rules[i]
		}
	}
	return nil
}

// needOf is how long a step, or its undoing, may go without an answer.
func needOf(p *Process, s *Step) Need {
	kind := kindOf(p.Kind)
	if kind == nil {
		return Required
	}
	if rule := kind.rule(s.Name); rule != nil {
		return rule.Need
	}
	return Required
}

// ActionOf is the call that a step is to make now; empty when there is none.
func ActionOf(p *Process, s *Step) Action {
	kind := kindOf(p.Kind)
	if kind == nil || !s.active() {
		return nothing
	}
	rule := kind.rule(s.Name)
	switch {
	case rule == nil:
		return nothing
	case s.State == Undoing:
		return rule.Undo
	default:
		return rule.Do
	}
}
