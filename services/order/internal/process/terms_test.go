package process

import (
	"slices"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/internal/fault"
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
	o.Asks = domain.AskTerms | domain.TellPortal
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
	if p.step(StepTerms).Suspect != 0 {
		t.Error("it is asked in ever smaller sets, which makes an ERP busier")
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

// The portal is told of what will be confirmed: not of what anybody has refused or left open, and whether or not goods can travel.
func TestWhenThePortalIsTold(t *testing.T) {
	for name, test := range map[string]struct {
		step   StepName
		answer *Answer
		told   bool
	}{
		"all have agreed":                  {StepTerms, &Answer{AsOf: now}, true},
		"the ERP does not answer":          {StepTerms, &Answer{Missing: "OUTSIDE_AWAY"}, true},
		"the ERP does not, and it is much": {StepTerms, &Answer{Missing: "OUTSIDE_AWAY", TooMuch: "much"}, false},
		"the ERP refuses the customer":     {StepTerms, refused("ACCOUNT_BLOCKED"), false},
		"nobody goes there":                {StepFreight, refused("NO_CARRIER"), true},
		"credit is refused":                {stepCredit, refused("CREDIT_LIMIT"), false},
		"stock is not answered":            {stepReserve, nil, false},
	} {
		o := newOrder(domain.ShipPartial, 5)
		o.Asks = domain.AskTerms | domain.AskFreight | domain.TellPortal
		p := Accept(o, now)
		for i := range p.Steps {
			if s := &p.Steps[i]; s.Name != StepNotice {
				s.Answer = &Answer{Grant: &domain.Grant{}}
			}
		}
		p.step(test.step).Answer = test.answer
		if got := (&Work{Process: p, Order: o}).agreed(); got != test.told {
			t.Errorf("%s: told %v", name, got)
		}
	}
}

// The ERP's answer counts for the order as it is decided now: where another hold stands it may be days old by then.
func TestAnAnswerOfTheERPIsNotKeptForLater(t *testing.T) {
	o := newOrder(domain.ShipPartial, 5)
	_, out := decided(t, o, &Answer{Missing: "OUTSIDE_AWAY", TooMuch: "much"})
	if _, err := o.PlaceHold(domain.HoldManual, "ann", "r", now); err != nil {
		t.Fatal(err)
	}
	Advance(&Work{Process: asking(t, out, &Answer{AsOf: now})}, o, now)
	days := now.AddDate(0, 0, 3)
	if _, err := o.LiftHold(domain.HoldManual, "ann", "r", days); err != nil {
		t.Fatal(err)
	}
	if p := Accept(o, days); p.step(StepTerms) == nil {
		t.Error("the order is taken on an answer that is three days old")
	}
}

// The ERP answers after the order's last day: it is over, and not decided anew.
func TestTheERPAnswersAfterTheLastDay(t *testing.T) {
	o := newOrder(domain.ShipPartial, 5)
	o.CancelAfter = now.Format(time.DateOnly)
	_, out := decided(t, o, &Answer{Missing: "OUTSIDE_AWAY", TooMuch: "much"})
	end := Advance(&Work{Process: asking(t, out, &Answer{AsOf: now})}, o, now.AddDate(0, 0, 2))
	if o.State != domain.Cancelled || end.Undecided || !end.Finished {
		t.Errorf("%s, undecided %v, finished %v", o.State, end.Undecided, end.Finished)
	}
}

// While the ERP is away the orders that wait for it are asked about together as before: it is not they who make the call fail.
func TestNobodyIsSuspectedWhileTheERPIsAway(t *testing.T) {
	o := newOrder(domain.ShipPartial, 5)
	_, out := decided(t, o, &Answer{Missing: "OUTSIDE_AWAY", TooMuch: "much"})
	p := asking(t, out, nil)
	for attempt := range 12 {
		p = p.Clone()
		p.Steps[0].Answer, p.Steps[0].Err = nil, fault.New(fault.Unavailable, reasonAway, "away")
		p = Advance(&Work{Process: p}, o, now).Process
		if p.Steps[0].Suspect != 0 || p.Steps[0].Attempt != attempt+2 || !p.DueAt.After(now) {
			t.Fatalf("after %d attempts: %+v", attempt+1, p.Steps[0])
		}
	}
	p.Steps[0].Err = errDown
	if p = Advance(&Work{Process: p}, o, now).Process; p.Steps[0].Suspect != 1 {
		t.Errorf("a call that failed is not suspected: %+v", p.Steps[0])
	}
}
