package process

import (
	"slices"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

var asOf = now.Add(-35 * time.Minute)

// decided is an order of which the ERP was asked, after all have answered and the ERP as given.
func decided(t *testing.T, o *domain.Order, terms *Answer) (*Process, Outcome) {
	t.Helper()
	o.Asks = domain.AskTerms
	p := Accept(o, now)
	p.step(stepCredit).Answer, p.step(stepReserve).Answer = &Answer{}, granted(p, o, "LEEDS")
	if step := p.step(StepTerms); step != nil {
		step.Answer = terms
	}
	out := Advance(&Work{Process: p}, o, now)
	if err := o.Verify(); err != nil {
		t.Error(err)
	}
	return p, out
}

func TestWhatTheERPSaysOfTheTerms(t *testing.T) {
	for name, test := range map[string]struct {
		answer *Answer
		state  domain.State
		hold   domain.HoldType
		terms  domain.Terms
		steps  []StepState
	}{
		"confirmed": {answer: &Answer{AsOf: now}, state: domain.Accepted, terms: domain.Terms{AsOf: now, At: now}},
		"no answer": {answer: &Answer{AsOf: asOf, Missing: "DEADLINE"}, state: domain.Accepted,
			terms: domain.Terms{AsOf: asOf, At: now, Missing: "DEADLINE"}},
		"no answer, and too much": {answer: &Answer{AsOf: asOf, Missing: "OUTSIDE_AWAY", TooMuch: "much"}, state: domain.Held,
			hold: domain.HoldStaleData, terms: domain.Terms{AsOf: asOf, At: now, Missing: "OUTSIDE_AWAY", Asking: 1},
			steps: []StepState{Undoing, Undoing, Done}},
		"refused": {answer: refused("ACCOUNT_BLOCKED"), state: domain.Held, hold: domain.HoldCredit, terms: domain.Terms{At: now, Refused: "ACCOUNT_BLOCKED"},
			steps: []StepState{Undoing, Undoing, Refused}},
	} {
		o := newOrder(domain.ShipPartial, 5)
		_, out := decided(t, o, test.answer)
		if o.State != test.state || o.Terms != test.terms || len(o.Holds) > 0 && o.Holds[0].Type != test.hold {
			t.Errorf("%s: %s %v on %+v, want %s %s on %+v", name, o.State, o.Holds, o.Terms, test.state, test.hold, test.terms)
		}
		if test.steps != nil && !slices.Equal(states(out.Process), test.steps) {
			t.Errorf("%s: steps %v, want %v", name, states(out.Process), test.steps)
		}
	}
}

// An ERP that has no time just now is asked again for a while about a large order; one that is away is not.
func TestALargeOrderWaitsForABusyERP(t *testing.T) {
	o := newOrder(domain.ShipPartial, 5)
	o.Asks = domain.AskTerms
	p := Accept(o, now)
	asked := 0
	for o.State == domain.Received {
		p = p.Clone()
		p.step(stepCredit).Answer, p.step(stepReserve).Answer = &Answer{}, granted(p, o, "LEEDS")
		p.step(StepTerms).Answer = &Answer{Missing: reasonBusy, TooMuch: "much"}
		p = Advance(&Work{Process: p}, o, now).Process
		if asked++; o.State == domain.Received && !p.DueAt.After(now) {
			t.Fatal("it is asked again without a pause")
		}
	}
	if asked != maxBusy+1 || !o.AwaitsTerms() {
		t.Errorf("held with %v after %d answers, want %d", o.Holds, asked, maxBusy+1)
	}
}

// asking is the process that asks again, with an answer.
func asking(t *testing.T, out Outcome, answer *Answer) *Process {
	t.Helper()
	for _, p := range out.Started {
		if p.Kind == Recheck.Name {
			if !p.DueAt.After(now) || p.Hand(now) {
				t.Error("the ERP is asked again without a pause")
			}
			p = p.Clone()
			p.Steps[0].Answer = answer
			return p
		}
	}
	t.Fatalf("nobody asks again: %+v", out.Started)
	return nil
}

func TestTheERPAnswersAfterAll(t *testing.T) {
	late := now.Add(time.Hour)
	for name, test := range map[string]struct {
		answer *Answer
		before func(*domain.Order)
		state  domain.State
		holds  []domain.HoldType
	}{
		"confirmed": {answer: &Answer{AsOf: late}, state: domain.Received},
		"refused":   {answer: refused("ACCOUNT_BLOCKED"), state: domain.Held, holds: []domain.HoldType{domain.HoldCredit}},
		"confirmed, and a person holds it too": {answer: &Answer{AsOf: late}, state: domain.Held, holds: []domain.HoldType{domain.HoldManual},
			before: func(o *domain.Order) { _, _ = o.PlaceHold(domain.HoldManual, "ann", "r", now) }},
		"cancelled meanwhile": {answer: refused("ACCOUNT_BLOCKED"), state: domain.Cancelled,
			before: func(o *domain.Order) { _, _ = o.Cancel(nil, "a", "r", now) }},
		"lifted by a person": {answer: refused("ACCOUNT_BLOCKED"), state: domain.Received,
			before: func(o *domain.Order) { _, _ = o.LiftHold(domain.HoldStaleData, "ann", "r", now) }},
	} {
		o := newOrder(domain.ShipPartial, 5)
		_, out := decided(t, o, &Answer{AsOf: asOf, Missing: "OUTSIDE_AWAY", TooMuch: "much"})
		p := asking(t, out, test.answer)
		if test.before != nil {
			test.before(o)
		}
		end := Advance(&Work{Process: p}, o, late)
		var holds []domain.HoldType
		for _, hold := range o.Holds {
			holds = append(holds, hold.Type)
		}
		if !end.Finished || o.State != test.state || o.State != domain.Cancelled && !slices.Equal(holds, test.holds) {
			t.Errorf("%s: %s with %v, finished %v, want %s with %v", name, o.State, holds, end.Finished, test.state, test.holds)
		}
		if want := test.state == domain.Received && test.before == nil; end.Undecided != want {
			t.Errorf("%s: undecided %v, want %v", name, end.Undecided, want)
		}
	}
}

// Whoever has lifted the hold has decided: the next round asks nobody.
func TestALiftedHoldForTermsIsRemembered(t *testing.T) {
	for name, answer := range map[string]*Answer{
		"no answer": {Missing: "OUTSIDE_AWAY", TooMuch: "much"}, "refused": refused("ACCOUNT_BLOCKED"),
	} {
		o := newOrder(domain.ShipPartial, 5)
		decided(t, o, answer)
		if _, err := o.LiftHold(o.Holds[0].Type, "ann", "a good customer", now); err != nil || o.Forced {
			t.Fatalf("%s: %v, forced %v: a decision about terms is none about credit", name, err, o.Forced)
		}
		if p, _ := decided(t, o, answer); p.step(StepTerms) != nil || o.State != domain.Accepted {
			t.Errorf("%s: %s after the hold was lifted", name, o.State)
		}
	}
}

// What an older binary has left of a step that only asks is over.
func TestAQuestionIsNeverTakenBack(t *testing.T) {
	o := newOrder(domain.ShipPartial, 5)
	o.State = domain.Accepted
	p := &Process{Kind: Acceptance.Name, Steps: []Step{{Name: stepCredit, State: Done}, {Name: StepTerms, State: Undoing}}}
	if out := Advance(&Work{Process: p}, o, now); !out.Finished {
		t.Errorf("it goes on with %v", states(out.Process))
	}
}
