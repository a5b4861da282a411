package process

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func newOrder(policy domain.Policy, quantities ...int64) *domain.Order {
	o := &domain.Order{ID: uuid.Must(uuid.NewV7()), State: domain.Received, Policy: policy}
	for _, quantity := range quantities {
		o.Lines = append(o.Lines, domain.Line{Ordered: quantity, Open: quantity})
	}
	return o
}

// granted is a reservation that got all it asked for in one place.
func granted(p *Process, o *domain.Order, node domain.Node) *Answer {
	grant := &domain.Grant{Key: p.Key(p.step(stepReserve))}
	for i := range o.Lines {
		number := int32(i + 1)
		grant.Lines = append(grant.Lines, domain.GrantLine{
			Line: number, At: []domain.Part{{Line: number, Node: node, Quantity: o.Lines[i].Open}},
		})
	}
	return &Answer{Grant: grant}
}

func refused(reason string) *Answer { return &Answer{Refusal: &Refusal{Reason: reason}} }

var errDown = fault.New(fault.Unavailable, "DOWN", "down")

// states are the states of a process's steps.
func states(p *Process) []StepState {
	var list []StepState
	for i := range p.Steps {
		list = append(list, p.Steps[i].State)
	}
	return list
}

func TestKindsAreComplete(t *testing.T) {
	seen := map[Action]bool{}
	for _, kind := range Kinds() {
		if kind.Patience == 0 || (len(kind.Rules) == 0 && kind != &Expiry) { // that one is a timer
			t.Errorf("kind %s has no rules or no patience", kind.Name)
		}
		for _, rule := range kind.Rules {
			if rule.Do == nothing || rule.Retry.First == 0 || rule.Need.Budget < 0 {
				t.Errorf("rule %s of %s is not complete", rule.Step, kind.Name)
			}
			seen[rule.Do], seen[rule.Undo] = true, true
		}
	}
	for _, action := range []Action{ClaimCredit, ReleaseCredit, Reserve, CancelReservation, CreateFulfillment, CancelFulfillment, AuthorizePayment, VoidPayment, ClearCredit, CheckTerms,
		QuoteFreight, NotifyPortal, WithdrawNotice} {
		if !seen[action] {
			t.Errorf("no kind asks for %s", action)
		}
	}
}

func TestARetryKeepsItsKeyAndANewRoundTakesAnother(t *testing.T) {
	o := newOrder(domain.ShipPartial, 5)
	p := Accept(o, now)
	first := p.Key(&p.Steps[0])
	p.Steps[0].Err, p.Steps[1].Err = errDown, errDown
	out := Advance(&Work{Process: p}, o, now)
	if got := out.Process.Key(&out.Process.Steps[0]); got != first {
		t.Errorf("key %s after a failure, want %s", got, first)
	}
	if out.Finished || !out.Process.DueAt.After(now) || out.Process.Version != p.Version+1 {
		t.Errorf("a failed call is not put off: %+v", out.Process)
	}
	if again := Accept(o, now); again.Key(&again.Steps[0]) == first {
		t.Error("a new round has the same key")
	}
	if other := Accept(newOrder(domain.ShipPartial, 5), now); other.Key(&other.Steps[0]) == first {
		t.Error("another order has the same key")
	}
}

func TestAcceptance(t *testing.T) {
	tests := []struct {
		name            string
		policy          domain.Policy
		credit, reserve func(*Process, *domain.Order) *Answer
		cancelled       bool
		state           domain.State
		steps           []StepState
	}{
		{name: "both say yes", credit: yes, reserve: inLeeds, state: domain.Accepted},
		{name: "credit is refused", credit: no("CREDIT_LIMIT"), reserve: inLeeds, state: domain.Held, steps: []StepState{Refused, Undoing}},
		{name: "credit is refused, inventory is down", credit: no("CREDIT_LIMIT"), reserve: silence, state: domain.Held,
			steps: []StepState{Refused, Undoing}},
		{name: "stock is refused", policy: domain.FillOrKill, credit: yes, reserve: no("INSUFFICIENT"), state: domain.Rejected,
			steps: []StepState{Undoing, Refused}},
		{name: "both are refused", credit: no("CREDIT_LIMIT"), reserve: no("INSUFFICIENT"), state: domain.Rejected},
		{name: "billing is down", credit: silence, reserve: inLeeds, state: domain.Received, steps: []StepState{Calling, Calling}},
		{name: "cancelled meanwhile", credit: yes, reserve: inLeeds, cancelled: true, state: domain.Cancelled,
			steps: []StepState{Undoing, Undoing}},
		{name: "cancelled meanwhile, one refused", credit: no("CREDIT_LIMIT"), reserve: silence, cancelled: true,
			state: domain.Cancelled, steps: []StepState{Refused, Undoing}},
	}
	for _, test := range tests {
		o := newOrder(test.policy, 5, 2)
		p := Accept(o, now)
		p.Steps[0].Answer, p.Steps[1].Answer = test.credit(p, o), test.reserve(p, o)
		for i := range p.Steps {
			if p.Steps[i].Answer == nil {
				p.Steps[i].Err = errDown
			}
		}
		if test.cancelled {
			if _, err := o.Cancel(nil, "a", "r", now); err != nil {
				t.Fatal(err)
			}
		}
		out := Advance(&Work{Process: p}, o, now)
		if o.State != test.state {
			t.Errorf("%s: %s, want %s", test.name, o.State, test.state)
		}
		if test.steps == nil && out.Process.Kind == Acceptance.Name && !out.Finished {
			t.Errorf("%s: goes on with %v, want its end", test.name, states(out.Process))
		}
		if test.steps != nil && !slices.Equal(states(out.Process), test.steps) {
			t.Errorf("%s: steps %v, want %v", test.name, states(out.Process), test.steps)
		}
		if err := o.Verify(); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

func yes(*Process, *domain.Order) *Answer         { return &Answer{} }
func silence(*Process, *domain.Order) *Answer     { return nil }
func inLeeds(p *Process, o *domain.Order) *Answer { return granted(p, o, "LEEDS") }
func no(reason string) func(*Process, *domain.Order) *Answer {
	return func(*Process, *domain.Order) *Answer { return refused(reason) }
}

func TestTheFirstReleaseGoesOnInTheRowOfItsAcceptance(t *testing.T) {
	o := newOrder(domain.ShipPartial, 5)
	p := Accept(o, now)
	p.Steps[0].Answer, p.Steps[1].Answer = &Answer{}, granted(p, o, "LEEDS")
	out := Advance(&Work{Process: p}, o, now)
	if out.Finished || out.Process.ID != p.ID || out.Process.Kind != Release.Name || len(out.Started) != 0 {
		t.Fatalf("%+v, want the same row as a release", out)
	}
	made := out.Process.Clone()
	made.Steps[0].Answer = &Answer{}
	if w := (&Work{Process: made}); !w.Quiet() || !Advance(w, nil, now).Finished {
		t.Error("a release whose orders are made has not ended")
	}
	// What is stopped later is named by the same key.
	if _, err := o.Cancel(nil, "a", "r", now); err != nil {
		t.Fatal(err)
	}
	started := Plan(o, now)
	if len(started) != 1 || started[0].Steps[0].Target != made.Key(&made.Steps[0]) {
		t.Errorf("stops %+v, want key %s", started, made.Key(&made.Steps[0]))
	}
}

func TestAnItemThatInventoryDoesNotKnowYet(t *testing.T) {
	o := newOrder(domain.ShipPartial, 5)
	p := Accept(o, now)
	keys := map[string]bool{}
	for round := range maxUnknownItem + 1 {
		if o.State != domain.Received {
			t.Fatalf("%s after %d rounds", o.State, round)
		}
		keys[p.Key(p.step(stepReserve))] = true
		p.Steps[0].Answer, p.Steps[1].Answer = &Answer{}, refused("UNKNOWN_ITEM")
		p = Advance(&Work{Process: p}, o, now).Process
	}
	if o.State != domain.Held || o.Holds[0].Type != domain.HoldItem || len(keys) != maxUnknownItem+1 {
		t.Errorf("%s %v after %d keys, want HELD for the item", o.State, o.Holds, len(keys))
	}
	if len(o.Awaiting) != 0 {
		t.Errorf("still awaits %v", o.Awaiting)
	}
}

// An answer that is not stored yet is asked for again with the other step, so it must not make the other one hurry.
func TestOnePeerThatIsDownIsNotAskedWithoutPause(t *testing.T) {
	tests := []struct {
		name            string
		credit, reserve func(*Step)
	}{
		{"inventory is down", func(s *Step) { s.Answer = &Answer{} }, func(s *Step) { s.Err = errDown }},
		{"billing is down", func(s *Step) { s.Err = errDown }, func(s *Step) { s.Answer = &Answer{Grant: &domain.Grant{}} }},
		{"inventory does not know an item yet", func(s *Step) { s.Answer = &Answer{} }, func(s *Step) { s.Answer = refused("UNKNOWN_ITEM") }},
	}
	portal := tests[:3:3]
	for _, test := range tests {
		test.name += ", and its portal comes last"
		portal = append(portal, test)
	}
	for i, test := range portal {
		o := newOrder(domain.ShipPartial, 5)
		if i >= len(tests) {
			o.Asks = domain.TellPortal | domain.PortalInsists
		}
		p := Accept(o, now)
		var last time.Duration
		for attempt := range 4 {
			p = p.Clone()
			for i := range p.Steps {
				p.Steps[i].Answer, p.Steps[i].Err = nil, nil
			}
			test.credit(&p.Steps[0])
			test.reserve(&p.Steps[1])
			p = Advance(&Work{Process: p}, o, now).Process
			wait := p.DueAt.Sub(now)
			if wait <= last/2 || p.Hand(now) {
				t.Errorf("%s: asked again after %v in attempt %d, %v in the one before", test.name, wait, attempt+1, last)
			}
			last = wait
		}
	}
}

func TestStuckAndRecovered(t *testing.T) {
	o := newOrder(domain.ShipPartial, 5)
	p := Accept(o, now)
	p.Steps[0].Err = errors.New("a defect")
	out := Advance(&Work{Process: p}, o, now)
	if !out.Stuck || out.Process.State != Stuck || out.Process.DueAt.Before(now.Add(stuckRetry)) {
		t.Errorf("%+v, want it stuck: its error will not pass", out)
	}
	p = out.Process.Clone()
	p.Steps[0].Err = errors.New("a defect")
	if again := Advance(&Work{Process: p}, o, now); again.Stuck {
		t.Error("it got stuck twice")
	}
	p.Steps[0].Err, p.Steps[0].Answer, p.Steps[1].Answer = nil, &Answer{}, granted(p, o, "LEEDS")
	if end := Advance(&Work{Process: p}, o, now); !end.Finished || !end.Recovered {
		t.Errorf("%+v, want it ended and recovered", end)
	}
	late := Accept(newOrder(domain.ShipPartial, 5), now)
	late.Steps[0].Err = errDown
	if out := Advance(&Work{Process: late}, newOrder(domain.ShipPartial, 5), late.Deadline.Add(time.Second)); !out.Stuck {
		t.Error("it is not stuck after its deadline")
	}
}

// The peers take so many parts in one call and no more: a call with more would be refused for ever.
func TestWhatIsTakenBackFitsTheCalls(t *testing.T) {
	const parts = 25_000
	o := newOrder(domain.ShipPartial, 5)
	for i := range parts {
		back := domain.Part{Line: int32(i/3 + 1), Node: domain.Node("N" + string(rune('1'+i%3))), Quantity: 1}
		o.Errands.GiveBack = append(o.Errands.GiveBack, domain.GiveBack{Key: []string{"", "k"}[i%2], Part: back})
		o.Errands.Free = append(o.Errands.Free, back)
	}
	p := withdraw(o, now)
	keys, sums := map[string]bool{}, map[StepName]int{}
	for i := range p.Steps {
		s := &p.Steps[i]
		if len(s.Parts) > maxParts {
			t.Errorf("%d parts in one call", len(s.Parts))
		}
		keys[p.Key(s)] = true
		sums[s.Name] += len(s.Parts)
	}
	if len(keys) != len(p.Steps) || sums[stepGiveBack] != parts || sums[stepFree] != parts {
		t.Errorf("%d keys for %d steps, parts %v", len(keys), len(p.Steps), sums)
	}
}

func TestDelaysGrowAndAreBounded(t *testing.T) {
	for attempts := range 40 {
		for salt := range uint64(50) {
			got := Quick.after(attempts, salt*0x9e3779b97f4a7c15)
			full := min(Quick.First<<min(max(attempts-1, 0), 20), Quick.Longest)
			if attempts == 0 && got != 0 || attempts > 0 && (got < full/2 || got > full) {
				t.Fatalf("%v after %d attempts, want between %v and %v", got, attempts, full/2, full)
			}
		}
	}
}

// While one step fails, one that waits until the others have agreed does not hurry it. When only that one is left it is called at once.
func TestWhatComesLastSetsNoPace(t *testing.T) {
	credit, notice := Step{Name: stepCredit, State: Calling, Attempt: 3}, Step{Name: StepNotice, State: Calling}
	p := &Process{Kind: Acceptance.Name, Steps: []Step{credit, notice}}
	if got := p.delay(); got < Quick.after(3, 0) {
		t.Errorf("the step that fails is called again after %s", got)
	}
	p.Steps[0].Answer = &Answer{}
	if got := p.delay(); got != 0 {
		t.Errorf("the last one is called after %s", got)
	}
	p.Steps[1].Attempt, p.Steps[1].Err = 2, errors.New("away")
	if got := p.delay(); got < Quick.after(2, 0) {
		t.Errorf("the last one is called again after %s", got)
	}
}

func TestCallsThatFailedGoInSmallerSets(t *testing.T) {
	var calls []Call
	for i := range 600 {
		calls = append(calls, Call{Work: &Work{Process: &Process{}}, Step: &Step{Attempt: 8, Suspect: i / 300 * 8}})
	}
	var sizes []int
	for _, set := range chunks(calls) {
		sizes = append(sizes, len(set))
	}
	if sizes[0] != maxSet || sizes[len(sizes)-1] != 1 {
		t.Errorf("sets of %v", sizes)
	}
}

// A row that a newer replica has written may hold a step or a kind that this binary does not know.
func TestWhatANewerBinaryStoredIsLeftAlone(t *testing.T) {
	for name, p := range map[string]*Process{
		"step": {Kind: Acceptance.Name, Steps: []Step{{Name: "of tomorrow", State: Calling, Attempt: 3}}},
		"kind": {Kind: "of tomorrow", Steps: []Step{{Name: "credit", State: Calling, Attempt: 3}}},
	} {
		if got := p.delay(); got <= 0 || got > Patient.Longest {
			t.Errorf("%s: asked again after %s", name, got)
		}
		if got := ActionOf(p, &p.Steps[0]); got != nothing {
			t.Errorf("%s: calls %s", name, got)
		}
	}
}

// A fact that comes after the last day and before the timer for it finds nothing to be handed over or sourced.
func TestAfterItsLastDayAnOrderIsPlannedNoMore(t *testing.T) {
	o := newOrder(domain.ShipPartial, 5)
	o.CancelAfter = now.Format(time.DateOnly)
	timers := Timers(o, now)
	if end, _ := o.ExpiresAt(); len(timers) != 1 || !timers[0].DueAt.Equal(end) || timers[0].Live() || len(Timers(o, now)) != 0 {
		t.Fatalf("timers %v, want one for the end of the day", timers)
	}
	p := Accept(o, now)
	o.Accept(&domain.Grant{Key: p.Key(&p.Steps[1]), Lines: []domain.GrantLine{
		{Line: 1, At: []domain.Part{{Line: 1, Node: "LEEDS", Quantity: 5}}},
	}}, now)
	started := Plan(o, now.AddDate(0, 0, 1))
	if len(started) != 1 || started[0].Kind != Withdraw.Name || o.State != domain.Cancelled || o.Reasons[0].Reason != "CANCEL_AFTER" {
		t.Errorf("started %v, state %s, reasons %v, want it taken back", started, o.State, o.Reasons)
	}
	if o.Expire(now.AddDate(0, 0, 1)) {
		t.Error("it ends twice")
	}
}

// A warehouse rejects what a person holds: it is given back at once, apart from what is given back for good, and what is looked for after the
// hold is as old.
func TestAgeIsKeptThroughAHold(t *testing.T) {
	o := newOrder(domain.ShipPartial, 5, 3)
	o.Accept(&domain.Grant{Key: "k", Lines: []domain.GrantLine{
		{Line: 1, At: []domain.Part{{Line: 1, Node: "LEEDS", Quantity: 5}}}, {Line: 2, Backordered: 3},
	}}, now)
	Plan(o, now)
	if _, err := o.PlaceHold(domain.HoldManual, "a", "m", now); err != nil {
		t.Fatal(err)
	}
	o.Errands = domain.Errands{}
	o.NotTaken("LEEDS", []domain.Part{{Line: 1, Quantity: 5}}, now)
	if _, err := o.Cancel([]domain.CancelWant{{Line: 2}}, "a", "r", now); err != nil {
		t.Fatal(err)
	}
	back := map[bool][]domain.Part{}
	for _, p := range Plan(o, now) {
		for _, s := range p.Steps {
			if s.Name == stepGiveBack {
				back[s.KeepsAge] = append(back[s.KeepsAge], s.Parts...)
			}
			if s.Name == stepReserve {
				t.Error("stock is looked for while the order is held")
			}
		}
	}
	if len(back[true]) != 1 || back[true][0] != (domain.Part{Line: 1, Node: "LEEDS", Quantity: 5}) ||
		len(back[false]) != 1 || back[false][0] != (domain.Part{Line: 2, Quantity: 3}) {
		t.Errorf("given back %v", back)
	}
	o.Errands = domain.Errands{}
	if _, err := o.LiftHold(domain.HoldManual, "a", "r", now); err != nil {
		t.Fatal(err)
	}
	started := Plan(o, now)
	if len(started) != 1 || started[0].Kind != Resource.Name || !started[0].Steps[0].KeepsAge || started[0].Steps[0].Parts[0].Quantity != 5 {
		t.Errorf("after the hold: %+v", started)
	}
}
