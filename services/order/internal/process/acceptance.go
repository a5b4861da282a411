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
	// StepTerms asks the ERP about the customer's terms.
	StepTerms StepName = "terms"
	// StepFreight asks the transport system how the goods may travel.
	StepFreight StepName = "freight"
	// StepNotice tells the portal of the order's channel.
	StepNotice StepName = "notice"
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
		{StepTerms, CheckTerms, nothing, BestEffort, Quick, ""},           // where an ERP is asked
		{StepFreight, QuoteFreight, nothing, BestEffort, Quick, ""},       // where a transport system is asked
		{StepNotice, NotifyPortal, WithdrawNotice, BestEffort, Quick, ""}, // of channels with a portal, which may insist
	},
	Last:     StepNotice,
	Patience: 10 * time.Minute,
}

// maxUnknownItem is how often a reservation is asked for anew because inventory does not know an item: its copy of the
// master data is filled by events and may come after ours.
const maxUnknownItem = 8

// maxBusy is how often an ERP that has no time just now is asked again about an order that may not be taken without its answer.
const maxBusy = 6

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
	if o.AsksTerms() {
		p.Steps = append(p.Steps, Step{Name: StepTerms, State: Calling, Round: o.Round})
	}
	if o.Asks.Has(domain.AskFreight) && hasGoods(o) {
		p.Steps = append(p.Steps, Step{Name: StepFreight, State: Calling, Round: o.Round})
	}
	if o.Asks.Has(domain.TellPortal) {
		p.Steps = append(p.Steps, Step{Name: StepNotice, State: Calling, Round: o.Round, Insists: o.Asks.Has(domain.PortalInsists)})
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
		if s := &p.Steps[i]; s.State == Undoing && (s.Answer != nil || onlyAsks(s.Name)) {
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
// all its goods, or the hold is lifted for which it is asked. The decision takes back what an earlier attempt may have brought.
func (w *Work) pointless(s *Step) bool {
	if s.State != Calling || w.Order == nil {
		return false
	}
	if w.Process.Kind == Recheck.Name {
		return !w.Order.AwaitsTerms()
	}
	if w.Process.Kind != Acceptance.Name {
		return false
	}
	return w.Order.State != domain.Received || ((s.Name == stepReserve || s.Name == StepFreight) && !hasGoods(w.Order))
}

// decideAnswers accepts when all have said yes, and refuses as soon as one has said no. A declined payment waits for the
// reservation, which is kept.
func decideAnswers(o *domain.Order, p *Process, now time.Time) bool {
	credit, reserve, payment, terms := p.step(stepCredit), p.step(stepReserve), p.step(stepPayment), p.step(StepTerms)
	changed := dropPointless(o, p, reserve)
	if reserve != nil && reserve.State != Calling {
		reserve = nil // no goods are left to reserve
	}
	switch {
	case refusal(reserve) != nil && unknownItem(reserve) && reserve.Round-credit.Round < maxUnknownItem:
		reserveAnew(o, p, reserve)
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
	case reserve != nil && reserve.Answer == nil || credit.Answer == nil || terms != nil && terms.Answer == nil:
		return changed
	case holdForTerms(o, p, terms, now):
	case refusal(payment) != nil:
		no := refusal(payment)
		grant := grantOf(reserve)
		takeBack(o, p)
		o.HoldForPayment(grant, no.Reason+": "+no.Message, now)
	case (payment == nil || payment.Answer != nil) && answered(p.step(StepNotice)):
		grant := grantOf(reserve)
		if grant == nil {
			grant, o.Kept = o.Kept, nil
		}
		credit.State, o.Credit.AtRelease = Done, credit.Answer.AtRelease
		if payment != nil {
			payment.State, o.Payment = Done, p.Key(payment)
		}
		noteOutside(o, p, now)
		o.Accept(grant, now)
	default:
		// One of them has not answered: all are asked again with the same keys, and those that have will answer the same.
		return changed
	}
	return true
}

// dropPointless takes a reservation back that was not answered and of whose goods none are wanted any more.
func dropPointless(o *domain.Order, p *Process, reserve *Step) bool {
	if reserve == nil || reserve.State != Calling || reserve.Answer != nil || hasGoods(o) {
		return false
	}
	o.Undo(p.Key(reserve))
	reserve.undo()
	return true
}

// reserveAnew asks for the reservation in the next round, after a pause.
func reserveAnew(o *domain.Order, p *Process, reserve *Step) {
	o.Forget(p.Key(reserve))
	o.Round++
	reserve.Round, reserve.Answer = o.Round, nil
	reserve.Attempt++
	o.Await(p.Key(reserve))
}

// holdForTerms reports whether the order is not taken because of what the ERP says of the customer's terms (nil: it was not asked), or
// does not say: it is held, or the ERP is asked again after a pause.
func holdForTerms(o *domain.Order, p *Process, terms *Step, now time.Time) bool {
	no := refusal(terms)
	if terms == nil || no == nil && terms.Answer.TooMuch == "" {
		return false
	}
	if no == nil && terms.Answer.Missing == reasonBusy && terms.Attempt < maxBusy {
		terms.Attempt++
		terms.Answer = nil
		return true
	}
	text := terms.Answer.TooMuch
	noteTerms(o, terms, now)
	takeBack(o, p) // which forgets the answers
	o.DropKept()
	if no != nil {
		o.Hold(domain.HoldCredit, domain.ReasonTermsRefused, no.Reason+": "+no.Message, now)
	} else {
		o.Hold(domain.HoldStaleData, domain.ReasonTermsUnconfirmed, text, now)
	}
	return true
}

// Why an outside system was not called: it is away, or is there and has no time.
const (
	reasonAway = "OUTSIDE_AWAY"
	reasonBusy = "OUTSIDE_BUSY"
)

// noteTerms notes on the order on which terms it is decided.
func noteTerms(o *domain.Order, terms *Step, now time.Time) {
	o.Terms = domain.Terms{AsOf: terms.Answer.AsOf, At: now, Missing: terms.Answer.Missing}
	if no := refusal(terms); no != nil {
		o.Terms.Refused = no.Reason
	}
}

// answered reports whether a step that there is has its answer.
func answered(s *Step) bool { return s == nil || s.Answer != nil }

// noteOutside ends what outside systems were asked and told, and notes on the order what came of it.
func noteOutside(o *domain.Order, p *Process, now time.Time) {
	if s := conclude(p, StepTerms); s != nil {
		noteTerms(o, s, now)
	}
	noteFreight(o, p, now)
	if s := conclude(p, StepNotice); s != nil {
		o.Notice = domain.Notice{At: now, Reference: s.Answer.Reference, Missing: missing(s)}
	}
}

// noteFreight notes how the goods are to travel, where that was asked.
func noteFreight(o *domain.Order, p *Process, now time.Time) {
	s := conclude(p, StepFreight)
	if s == nil {
		return
	}
	o.Freight = domain.FreightChoice{Missing: missing(s)}
	if s.Answer.Freight != nil {
		o.Freight = *s.Answer.Freight
	}
	o.Freight.At = now
}

// conclude ends a step, and gives it where it has an answer: freight has none when no goods are left that could travel.
func conclude(p *Process, name StepName) *Step {
	s := p.step(name)
	if s == nil {
		return nil
	}
	if s.State = Done; s.Answer == nil {
		return nil
	}
	return s
}

// missing is why an outside system brought nothing: it did not answer, or has refused.
func missing(s *Step) string {
	if no := refusal(s); no != nil {
		return no.Reason
	}
	return s.Answer.Missing
}

// grantOf ends the reservation and gives what it brought; nil: none was asked for.
func grantOf(reserve *Step) *domain.Grant {
	if reserve == nil {
		return nil
	}
	reserve.State = Done
	return reserve.Answer.Grant
}

// takeBack ends the calls of this round. What was refused has no effect, and neither has what only asks; anything else is
// undone, answered or not.
func takeBack(o *domain.Order, p *Process) {
	for i := range p.Steps {
		s := &p.Steps[i]
		if s.State != Calling {
			continue
		}
		s.State = Undoing
		switch {
		case refusal(s) != nil:
			s.State = Refused
		case onlyAsks(s.Name), s.Name == StepNotice && !mayBeTold(o, s):
			s.State = Done
		}
		if s.Name == stepReserve {
			o.Undo(p.Key(s))
		}
		s.Answer, s.Attempt, s.Suspect = nil, 0, 0
	}
}

// onlyAsks reports whether there is nothing to be taken back of a step, whatever became of it.
func onlyAsks(step StepName) bool {
	rule := Acceptance.rule(step)
	return rule != nil && rule.Undo == nothing
}

// mayBeTold reports whether a portal may have been told. Where others have refused it was not: it comes last.
func mayBeTold(o *domain.Order, s *Step) bool {
	return s.Answer != nil || s.Err != nil || s.Attempt > 0 || o.State == domain.Cancelled
}

func refusal(s *Step) *Refusal {
	if s == nil || s.Answer == nil {
		return nil
	}
	return s.Answer.Refusal
}

func unknownItem(s *Step) bool { return s.Answer.Refusal.Reason == "UNKNOWN_ITEM" }
