package process

import (
	"time"

	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

// Recheck asks the ERP again about the terms of an order that is held because it did not answer, until it does. Its answer lifts
// the hold, as a person may at any time, or puts another one in its place. It has lanes of its own: orders that wait for an ERP
// that is away do not hold up the taking of others.
var Recheck = Kind{
	Name: "recheck",
	Rules: []Rule{
		// step       action      compensation  need      retry
		{StepTerms, CheckTerms, nothing, Required, Slow, ""},
	},
	Patience: 24 * time.Hour,
}

func recheck(o *domain.Order, now time.Time) *Process {
	if !o.AwaitsTerms() || o.Terms.Asking != 0 {
		return nil
	}
	o.Terms.Asking = o.NextProcess()
	p := newProcess(o, o.Terms.Asking, &Recheck, now)
	p.Steps = []Step{{Name: StepTerms, State: Calling, Round: 1, Attempt: 1}} // it was asked just now
	p.DueAt = now.Add(p.delay())
	return p
}

// decideRecheck reports whether the order has changed.
func decideRecheck(o *domain.Order, p *Process, now time.Time) bool {
	s := p.step(StepTerms)
	switch {
	case s == nil || s.State != Calling:
		return false
	case !o.AwaitsTerms():
		s.State = Done // somebody else has lifted the hold, or the order has ended
		return false
	case s.Answer == nil:
		return false
	case s.Answer.Refusal != nil:
		s.State = Refused
		o.TermsRefused(s.Answer.Refusal.Reason, s.Answer.Refusal.Message, now)
	default:
		s.State = Done
		o.TermsConfirmed(s.Answer.AsOf, now)
	}
	return true
}
