package process

import (
	"time"

	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

// Substitution sets stock aside of an item that the order allows in place of one that is short, as much as there is at once.
// What is found becomes a line of the order; it is priced as the line for which it stands in, so no credit is asked for.
var Substitution = Kind{
	Name: "substitution",
	Rules: []Rule{
		// step        action   compensation  need      retry
		{stepReserve, Reserve, nothing, Required, Patient, ""},
	},
	Patience: 30 * time.Minute,
}

func substitution(o *domain.Order, now time.Time) *Process {
	swap, wanted := o.Substitute(o.NextProcess)
	if swap == nil {
		return nil
	}
	p := newProcess(o, o.Amending, &Substitution, now)
	p.Steps = []Step{{
		Name: stepReserve, State: Calling, Round: 1, Parts: []domain.Part{{Line: swap.Line, Quantity: wanted}}, Swap: swap,
		Exclude: o.Excluded, Avoid: o.Avoided,
	}}
	o.Await(p.Key(&p.Steps[0]))
	return p
}

// decideSubstitution reports whether the order has changed. A refusal means that there is nothing of that item.
func decideSubstitution(o *domain.Order, p *Process, now time.Time) bool {
	s := p.step(stepReserve)
	if s == nil || s.State != Calling || s.Answer == nil {
		return false
	}
	grant := domain.Grant{Key: p.Key(s)}
	s.State = Refused
	if s.Answer.Refusal == nil {
		s.State, grant = Done, *s.Answer.Grant
	}
	o.Substituted(s.Swap, grant, now)
	return true
}
