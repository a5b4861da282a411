package process

import (
	"slices"
	"time"

	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

const (
	stepStop     StepName = "stop"
	stepGiveBack StepName = "give_back"
	stepFree     StepName = "free_credit"
	stepVoid     StepName = "void_payment"
)

// Withdraw takes back what is not needed: it asks warehouses to stop, gives stock and waiting demand back to inventory,
// credit to billing, and gives up a payment of which nothing will be captured. The order has booked all of it before; what a warehouse makes of the request is a fact that
// comes as an event.
var Withdraw = Kind{
	Name: "withdraw",
	Rules: []Rule{
		// step          action             compensation  need      retry
		{stepStop, CancelFulfillment, nothing, Required, Patient, ""},
		{stepGiveBack, CancelReservation, nothing, Required, Patient, ""},
		{stepFree, ReleaseCredit, nothing, Required, Patient, ""},
		{stepVoid, VoidPayment, nothing, Required, Patient, ""},
	},
	Patience: 30 * time.Minute,
}

// givesUp reports whether inventory is asked to give up what waits: the order must know what came of it.
func (p *Process) givesUp() bool {
	return slices.ContainsFunc(p.Steps, func(s Step) bool {
		return s.Name == stepGiveBack && slices.ContainsFunc(s.Parts, func(part domain.Part) bool { return part.Node == "" })
	})
}

// decideWithdraw reports whether the order has changed. There is none when nothing of what comes back matters to it.
func decideWithdraw(o *domain.Order, p *Process) (changed bool) {
	for i := range p.Steps {
		s := &p.Steps[i]
		if s.State != Calling || s.Answer == nil {
			continue
		}
		s.State = Done
		if s.Name == stepGiveBack && o != nil && o.GaveUp(s.Parts, s.Answer.GivenBack) {
			changed = true
		}
	}
	return changed
}
