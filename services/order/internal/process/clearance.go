package process

import (
	"time"

	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

const stepClear StepName = "clear"

// Clearance asks for the credit of an order before what is reserved goes to the warehouses, where its account wants that. When
// it is granted the release starts in the same transaction; when it is refused the order is held.
var Clearance = Kind{
	Name: "clearance",
	Rules: []Rule{
		// step       action       compensation  need      retry
		{stepClear, ClearCredit, nothing, Required, Quick, ""},
	},
	Patience: 30 * time.Minute,
}

func clearance(o *domain.Order, now time.Time) *Process {
	if !o.Clearable(now) {
		return nil
	}
	o.Credit.Clearing = o.NextProcess()
	p := newProcess(o, o.Credit.Clearing, &Clearance, now)
	p.Steps = []Step{{Name: stepClear, State: Calling, Round: 1, Forced: o.Forced}}
	return p
}

// decideClearance reports whether the order has changed.
func decideClearance(o *domain.Order, p *Process) (changed bool) {
	s := p.step(stepClear)
	if s == nil || s.State != Calling || s.Answer == nil {
		return false
	}
	if no := refusal(s); no != nil {
		s.State = Refused
		o.NotCleared(s.Answer.Block, no.Reason, no.Message)
		return true
	}
	s.State = Done
	o.Cleared()
	return true
}
