package process

import (
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

const (
	stepCredit  StepName = "credit"
	stepReserve StepName = "reserve"
	stepPayment StepName = "payment"
)

// Acceptance decides an order. It is the only process of an order that has no number of its own: 0. Its row lives until
// the order is decided and what has to be taken back is taken back; lifting a hold starts it again with the next round.
var Acceptance = Kind{
	Name: "acceptance",
	Rules: []Rule{
		// step        action       compensation        need      retry
		{stepCredit, ClaimCredit, ReleaseCredit, Required, Quick, ""},
		{stepReserve, Reserve, CancelReservation, Required, Quick, ""},
		{stepPayment, AuthorizePayment, VoidPayment, Required, Quick, ""}, // of orders that are not paid on account
	},
	Patience: 10 * time.Minute,
}

// maxUnknownItem is how often a reservation is asked for anew because inventory does not know an item: its copy of the
// master data is filled by events and may come after ours.
const maxUnknownItem = 8

// Accept starts the acceptance of an order in state RECEIVED: both steps are to be called, with the next round.
func Accept(o *domain.Order, now time.Time) *Process {
	p := newProcess(o, 0, &Acceptance, now)
	begin(o, p)
	return p
}

// AcceptanceID is the id of the order's acceptance.
func AcceptanceID(order uuid.UUID) uuid.UUID { return idOf(order, 0) }

func begin(o *domain.Order, p *Process) {
	o.Round++
	p.Steps = append(p.Steps[:0:0], Step{Name: stepCredit, State: Calling, Round: o.Round, Forced: o.Forced})
	if o.Kept == nil && hasGoods(o) {
		p.Steps = append(p.Steps, Step{Name: stepReserve, State: Calling, Round: o.Round})
		o.Await(p.Key(&p.Steps[1]))
	}
	if o.Prepaid {
		p.Steps = append(p.Steps, Step{Name: stepPayment, State: Calling, Round: o.Round})
	}
}

func hasGoods(o *domain.Order) bool {
	for i := range o.Lines {
		if line := &o.Lines[i]; !line.Service && line.Open > 0 {
			return true
		}
	}
	return false
}

// decideAcceptance reports whether the order has changed.
func decideAcceptance(o *domain.Order, p *Process, now time.Time) bool {
	for i := range p.Steps {
		if s := &p.Steps[i]; s.State == Undoing && s.Answer != nil {
			s.State = Undone
		}
	}
	switch {
	case p.has(Calling) && o.State == domain.Received:
		return decideAnswers(o, p, now)
	case p.has(Calling):
		// The order was cancelled while it was being decided.
		takeBack(o, p)
	case o.State == domain.Received && !p.Live():
		// The hold was lifted before everything was taken back. Now it is.
		begin(o, p)
	default:
		return false
	}
	return true
}

// pointless reports whether a call need not be made, because the order was cancelled since it was planned: all of it, or
// all its goods. The decision takes back what an earlier attempt may have brought.
func (w *Work) pointless(s *Step) bool {
	if w.Process.Kind != Acceptance.Name || s.State != Calling || w.Order == nil {
		return false
	}
	return w.Order.State != domain.Received || (s.Name == stepReserve && !hasGoods(w.Order))
}

// decideAnswers accepts when all have said yes, and refuses as soon as one has said no. A declined payment waits for the
// reservation, which is kept.
func decideAnswers(o *domain.Order, p *Process, now time.Time) bool {
	credit, reserve, payment := p.step(stepCredit), p.step(stepReserve), p.step(stepPayment)
	changed := false
	if reserve != nil && reserve.State == Calling && reserve.Answer == nil && !hasGoods(o) {
		o.Forget(p.Key(reserve))
		reserve.State, reserve.Attempt = Undoing, 0
		changed = true
	}
	if reserve != nil && reserve.State != Calling {
		reserve = nil // no goods are left to reserve
	}
	switch {
	case refusal(reserve) != nil && unknownItem(reserve) && reserve.Round-credit.Round < maxUnknownItem:
		o.Forget(p.Key(reserve))
		o.Round++
		reserve.Round, reserve.Answer = o.Round, nil
		reserve.Attempt++
		o.Await(p.Key(reserve))
	case refusal(reserve) != nil && unknownItem(reserve):
		no := refusal(reserve) // before it is taken back, which forgets the answers
		takeBack(o, p)
		o.Hold(domain.HoldItem, no.Reason, no.Message, now)
	case refusal(reserve) != nil:
		no := refusal(reserve)
		takeBack(o, p)
		o.Reject(domain.Reason{Reason: no.Reason, Message: no.Message})
	case refusal(credit) != nil:
		no := refusal(credit)
		takeBack(o, p)
		o.DropKept()
		o.Hold(domain.HoldCredit, no.Reason, no.Message, now)
	case reserve != nil && reserve.Answer == nil || credit.Answer == nil:
		return changed
	case refusal(payment) != nil:
		no := refusal(payment)
		grant := grantOf(reserve)
		takeBack(o, p)
		o.HoldForPayment(grant, no.Reason+": "+no.Message, now)
	case payment == nil || payment.Answer != nil:
		grant := grantOf(reserve)
		if grant == nil {
			grant, o.Kept = o.Kept, nil
		}
		credit.State, o.Credit.AtRelease = Done, credit.Answer.AtRelease
		if payment != nil {
			payment.State, o.Payment = Done, p.Key(payment)
		}
		o.Accept(grant, now)
	default:
		// One of them has not answered: all are asked again with the same keys, and those that have will answer the same.
		return changed
	}
	return true
}

// grantOf ends the reservation and gives what it brought; nil: none was asked for.
func grantOf(reserve *Step) *domain.Grant {
	if reserve == nil {
		return nil
	}
	reserve.State = Done
	return reserve.Answer.Grant
}

// takeBack ends the calls of this round. What was refused has no effect; anything else is undone, answered or not.
func takeBack(o *domain.Order, p *Process) {
	for i := range p.Steps {
		s := &p.Steps[i]
		if s.State != Calling {
			continue
		}
		s.State = Undoing
		if refusal(s) != nil {
			s.State = Refused
		}
		if s.Name == stepReserve {
			o.Forget(p.Key(s))
		}
		s.Answer, s.Attempt = nil, 0
	}
}

func refusal(s *Step) *Refusal {
	if s == nil || s.Answer == nil {
		return nil
	}
	return s.Answer.Refusal
}

func unknownItem(s *Step) bool { return s.Answer.Refusal.Reason == "UNKNOWN_ITEM" }
