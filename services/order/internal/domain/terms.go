package domain

import (
	"slices"
	"time"
)

// Asks says what outside systems are asked and told about an order before it is accepted: those that were there when it came.
type Asks int

// What is asked and told.
const (
	AskTerms   Asks = 1 << iota // the ERP, whether the customer's terms are right
	AskFreight                  // the transport system, how the goods may travel
	TellPortal                  // the portal of its channel, that it is about to be confirmed
	// PortalInsists: it is not confirmed before the portal was told.
	PortalInsists
)

// Has reports whether something is among what is asked and told.
func (a Asks) Has(one Asks) bool { return a&one != 0 }

// The reasons of holds for the customer's terms.
const (
	// ReasonTermsUnconfirmed: the ERP did not answer, and the order is worth too much to be taken on what we knew.
	ReasonTermsUnconfirmed = "TERMS_UNCONFIRMED"
	// ReasonTermsRefused: the ERP says that they are not right. What it said is in the message.
	ReasonTermsRefused = "TERMS_REFUSED"
)

// Terms is on which terms of the customer an order was last decided.
type Terms struct {
	// AsOf is when they were known to be right, At when the order was decided on them.
	AsOf time.Time `json:"as_of,omitzero"`
	At   time.Time `json:"at,omitzero"`
	// Missing is why the ERP has not answered; empty: it has.
	Missing string `json:"missing,omitempty"`
	// Refused is why the ERP says that they are not right; empty: it does not.
	Refused string `json:"refused,omitempty"`
	// Settled: they are not asked about again, because the hold for them was lifted.
	Settled bool `json:"settled,omitempty"`
	// Asking is the number of the process that asks again while the order is held for want of an answer; 0: none was started.
	Asking int `json:"asking,omitempty"`
}

// AsksTerms reports whether the ERP is to be asked when the order is decided next.
func (o *Order) AsksTerms() bool { return o.Asks.Has(AskTerms) && !o.Terms.Settled }

// AwaitsTerms reports whether the order is held until the ERP confirms the customer's terms.
func (o *Order) AwaitsTerms() bool { return o.termsHold() >= 0 }

func (o *Order) termsHold() int {
	return slices.IndexFunc(o.Holds, func(h Hold) bool { return h.Type == HoldStaleData && h.Reason == ReasonTermsUnconfirmed })
}

// TermsConfirmed lifts the hold for want of an answer: the ERP has given it. Where another hold stands the answer may be old before the
// order is decided: the ERP is asked anew then.
func (o *Order) TermsConfirmed(asOf, now time.Time) {
	if at := o.termsHold(); at >= 0 {
		o.Terms = Terms{AsOf: asOf, At: now, Settled: len(o.Holds) == 1}
		o.liftAt(at, actorWaybill, "the ERP has confirmed the customer's terms", now)
	}
}

// TermsRefused puts a hold for the ERP's refusal in the place of the one for want of an answer.
func (o *Order) TermsRefused(reason, message string, now time.Time) {
	at := o.termsHold()
	if at < 0 {
		return
	}
	message = reason + ": " + message
	o.Terms = Terms{At: now, Refused: reason}
	hold := Hold{Type: HoldCredit, Reason: ReasonTermsRefused, Message: message, PlacedAt: now, Actor: actorWaybill}
	if !slices.ContainsFunc(o.Holds, func(h Hold) bool { return h.Type == HoldCredit }) {
		o.Holds = append(o.Holds, hold)
		o.tell(EventHeld{Hold: hold})
	}
	o.liftAt(at, actorWaybill, "the ERP has answered: "+message, now)
}
