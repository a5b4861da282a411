package process

import (
	"time"

	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

// Resource looks for stock anew after a warehouse could not ship what was promised. There is nothing to take back:
// what is found and no longer wanted when the answer comes is given back by Withdraw.
var Resource = Kind{
	Name: "resource",
	Rules: []Rule{
		// step        action   compensation  need      retry
		{stepReserve, Reserve, nothing, Required, Patient, ""},
	},
	Patience: 30 * time.Minute,
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
	}
	return true
}
