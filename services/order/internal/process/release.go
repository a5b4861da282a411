package process

import (
	"time"

	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

const stepCreate StepName = "create"

// Release hands what is reserved to the warehouses, one fulfilment order for each. Its quantities are released by the
// transaction that stores the process. Its row lives until every warehouse's order is made; what follows is facts. A
// release without steps is a timer for the first day on which an order may be shipped.
var Release = Kind{
	Name: "release",
	Rules: []Rule{
		// step        action             compensation (by Withdraw)  need      retry    pivot
		{stepCreate, CreateFulfillment, CancelFulfillment, Required, Patient, "shipment.shipped"},
	},
	Patience: 30 * time.Minute,
}

// decideRelease reports whether the order has changed.
func decideRelease(o *domain.Order, p *Process, now time.Time) (changed bool) {
	for i := range p.Steps {
		s := &p.Steps[i]
		if s.State != Calling || s.Answer == nil {
			continue
		}
		s.State = Done
		if s.Answer.Refusal == nil {
			continue
		}
		s.State = Refused
		changed = true
		if s.Answer.Refusal.Reason == reasonUndone {
			// It was stopped before it was made.
			o.Stopped(s.Node, s.Parts, now)
			continue
		}
		o.NotTaken(s.Node, s.Parts, now)
		o.Errands.Surprises = append(o.Errands.Surprises, domain.Surprise{
			Reason:  "FULFILLMENT_REFUSED",
			Message: string(s.Node) + ": " + s.Answer.Refusal.Reason + ": " + s.Answer.Refusal.Message,
		})
	}
	return changed
}

// madeAll reports whether every fulfilment order was made as asked: nothing changes on the order by that.
func madeAll(p *Process) bool {
	for i := range p.Steps {
		s := &p.Steps[i]
		if s.State == Calling && s.Answer != nil && s.Answer.Refusal != nil {
			return false
		}
	}
	return len(p.Steps) > 0
}
