package process

import (
	"slices"
	"testing"
	"time"

	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

// moved is an accepted order with a way for its goods, and an amendment that sends them elsewhere.
func moved(t *testing.T) (*domain.Order, *Process) {
	t.Helper()
	o := newOrder(domain.ShipPartial, 5)
	o.NotBefore = now.AddDate(0, 0, 9)
	o.Accept(&domain.Grant{Key: "k", Lines: []domain.GrantLine{{Line: 1, At: []domain.Part{{Line: 1, Node: "LEEDS", Quantity: 5}}}}}, now)
	o.Freight = domain.FreightChoice{FreightOption: domain.FreightOption{Carrier: "VAN"}, At: now}
	p, err := Amend(o, &domain.Amendment{Revision: 1, Moved: true, AsksFreight: true}, now)
	if err != nil {
		t.Fatal(err)
	}
	o.Events = nil
	return o, p
}

// An order that goes elsewhere is told with the way that was found there, or without any: never with the old one.
func TestAnAmendedAddressIsAskedAboutAnew(t *testing.T) {
	train := domain.FreightChoice{FreightOption: domain.FreightOption{Carrier: "TRAIN"}, LeavesOn: "2026-03-10"}
	later := now.Add(time.Hour)
	for name, test := range map[string]struct {
		credit, freight *Answer
		forgets         bool
		states          []StepState
		want            domain.FreightChoice
	}{
		"found":           {&Answer{}, &Answer{Freight: &train}, false, []StepState{Done, Done}, domain.FreightChoice{FreightOption: train.FreightOption, LeavesOn: train.LeavesOn, At: later}},
		"not answered":    {&Answer{}, &Answer{Missing: "DEADLINE"}, false, []StepState{Done, Done}, domain.FreightChoice{Missing: "DEADLINE", At: later}},
		"nobody goes":     {&Answer{}, refused("NO_CARRIER"), false, []StepState{Done, Done}, domain.FreightChoice{Missing: "NO_CARRIER", At: later}},
		"not asked":       {&Answer{}, nil, true, []StepState{Done}, domain.FreightChoice{Missing: domain.ReasonShipToAmended, At: later}},
		"no credit":       {refused("CREDIT_LIMIT"), &Answer{Freight: &train}, false, []StepState{Refused, Done}, domain.FreightChoice{FreightOption: domain.FreightOption{Carrier: "VAN"}, At: now}},
		"credit is asked": {nil, &Answer{Freight: &train}, false, []StepState{Calling, Calling}, domain.FreightChoice{FreightOption: domain.FreightOption{Carrier: "VAN"}, At: now}},
	} {
		o, p := moved(t)
		if test.forgets {
			p.Steps = p.Steps[:1] // as a binary began it that asks nobody
		} else {
			p.Steps[1].Answer = test.freight
		}
		p.Steps[0].Answer = test.credit
		out := Advance(&Work{Process: p}, o, later)
		if got := states(out.Process); !slices.Equal(got, test.states) || o.Freight != test.want {
			t.Errorf("%s: steps %v with %+v, want %v with %+v", name, got, o.Freight, test.states, test.want)
		}
		if out.Finished != (test.credit != nil) {
			t.Errorf("%s: finished %v", name, out.Finished)
		}
	}
}

// A binary that does not know of the question has decided the amendment and left the row.
func TestAQuestionThatAnOlderBinaryLeftOpenIsEnded(t *testing.T) {
	o, p := moved(t)
	p.Steps[0].State = Done
	p.Steps[1].Answer = &Answer{Missing: "DEADLINE"}
	if out := Advance(&Work{Process: p}, o, now); !out.Finished {
		t.Errorf("steps %v", states(out.Process))
	}
}
