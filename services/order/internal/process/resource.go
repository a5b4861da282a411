package process

import (
	"time"

	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

// Resource looks for stock anew after a warehouse could not ship what was promised, and for what an amendment added. What the
// warehouse did not take is given back by the same call, in one transaction of inventory (R6): until then it stays promised, and what
// is looked for anew keeps its place among those that wait. There is nothing to take back: what is found and no longer wanted when
// the answer comes is given back by Withdraw.
var Resource = Kind{
	Name: "resource",
	Rules: []Rule{
		// step        action   compensation  need      retry
		{stepReserve, Reserve, nothing, Required, Patient, ""},
	},
	Patience: 30 * time.Minute,
}

// resource starts it, one for each of the two: what was added is as old as the amendment.
func resource(o *domain.Order, now time.Time) (started []*Process) {
	again, added := o.Source(now)
	begin := func(step Step) {
		p := newProcess(o, o.NextProcess(), &Resource, now)
		step.Name, step.State, step.Round, step.Exclude, step.Avoid = stepReserve, Calling, 1, o.Excluded, o.Avoided
		p.Steps = []Step{step}
		o.Await(p.Key(&p.Steps[0]))
		started = append(started, p)
	}
	if len(again) > 0 {
		begin(Step{Parts: again, GivesBack: o.Errands.GiveBackWith(again, maxParts), KeepsAge: true})
	}
	if len(added) > 0 {
		begin(Step{Parts: added})
	}
	return started
}

// decideResource reports whether the order has changed.
func decideResource(o *domain.Order, p *Process, now time.Time) bool {
	s := p.step(stepReserve)
	switch {
	case s == nil || s.State != Calling || s.Answer == nil:
		return false
	case s.Answer.Refusal != nil:
		// A refusal is final for its key: ask anew, later.
		o.Forget(p.Key(s))
		s.Round++
		s.Attempt++
		s.Error = s.Answer.Refusal.Reason
		s.Answer = nil
		o.Await(p.Key(s))
	default:
		s.State = Done
		o.Sourced(s.Parts, *s.Answer.Grant, now)
		if !s.Answer.Returned {
			o.NotGivenBack(s.GivesBack) // by an inventory that does not know how
		}
	}
	return true
}
