package process

import (
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

// Amendment claims credit for an order as it would be. Only when that is granted the order takes the change; when the order
// has moved on so that it cannot any more, the claim is undone. An order has one at a time, until the claim is undone. Where it goes
// elsewhere the transport system is asked how, as at its acceptance.
var Amendment = Kind{
	Name: "amendment",
	Rules: []Rule{
		// step        action       compensation   need      retry
		{stepCredit, ClaimCredit, ReleaseCredit, Required, Quick, ""},
		{StepFreight, QuoteFreight, nothing, BestEffort, Quick, ""}, // of orders that go elsewhere, where a transport system is asked
	},
	Patience: 10 * time.Minute,
}

// Amend starts an amendment of an accepted order. What asks for no more credit is not refused for want of it. Faults: those
// of domain.Order.AskToAmend.
func Amend(o *domain.Order, a *domain.Amendment, now time.Time) (*Process, error) {
	number := o.NextProcess()
	if err := o.AskToAmend(a, number); err != nil {
		return nil, err
	}
	p := newProcess(o, number, &Amendment, now)
	p.Steps = []Step{{Name: stepCredit, State: Calling, Round: 1, Forced: !a.Asks(), Amendment: a}}
	if a.AsksFreight {
		// Not as a new step: a replica that does not know it yet would go round with it without a pause.
		p.Steps = append(p.Steps, Step{Name: StepFreight, State: Calling, Round: 1, Attempt: 1})
	}
	return p, nil
}

// Amendment is what the process is to bring about; nil for another kind.
func (p *Process) Amendment() *domain.Amendment {
	if p.Kind != Amendment.Name {
		return nil
	}
	return p.step(stepCredit).Amendment
}

// AmendmentID is the id of the order's amendment of that number.
func AmendmentID(order uuid.UUID, number int) uuid.UUID { return idOf(order, number) }

// decideAmendment reports whether the order has changed.
func decideAmendment(o *domain.Order, p *Process, now time.Time) bool {
	s := p.step(stepCredit)
	if s != nil && (s.Answer != nil || !s.active()) { // one that is not active was decided by a binary that knows only of it
		conclude(p, StepFreight)
	}
	switch {
	case s == nil || s.Answer == nil:
		return false
	case s.State == Undoing:
		s.State = Undone
		if o.Amending == 0 || p.ID != idOf(o.ID, o.Amending) {
			return false // a binary that did not wait for this has ended it
		}
		o.EndAmendment(now)
		return true
	case s.State != Calling:
		return false
	case s.Answer.Refusal != nil:
		s.State = Refused
		o.RefuseAmendment(o.Amending, s.Answer.Refusal.Reason, s.Answer.Refusal.Message)
		o.EndAmendment(now)
		return true
	}
	s.State = Done
	if err := o.TakeAmendment(s.Amendment, o.Amending, now); err != nil {
		s.undo()
		o.RefuseAmendment(o.Amending, fault.ReasonOf(err), err.Error())
		return true
	}
	noteFreight(o, p, now)
	return true
}
