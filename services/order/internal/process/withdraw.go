package process

import (
	"time"
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

func decideWithdraw(p *Process) {
	for i := range p.Steps {
		if s := &p.Steps[i]; s.State == Calling && s.Answer != nil {
			s.State = Done
		}
	}
}
