package domain

import (
	"slices"
	"time"

	"github.com/waybill-dev/waybill/internal/fault"
)

// LiftHold takes a hold off and reports whether anything changed: a hold that was lifted before changes nothing. With
// the last one the order is to be decided again, or goes on where it was accepted. Fault: NOT_HELD when the order never had such a hold.
func (o *Order) LiftHold(kind HoldType, actor, why string, now time.Time) (bool, error) {
	at := slices.IndexFunc(o.Holds, func(h Hold) bool { return h.Type == kind })
	if at < 0 {
		if slices.ContainsFunc(o.Lifted, func(h LiftedHold) bool { return h.Type == kind }) {
			return false, nil
		}
		return false, fault.New(fault.Precondition, "NOT_HELD", "the order has no hold of type %s", kind)
	}
	switch reason := o.Holds[at].Reason; {
	case reason == ReasonTermsUnconfirmed, reason == ReasonTermsRefused:
		o.Terms.Settled = true
	case kind == HoldCredit && reason != ReasonPaymentDeclined:
		o.Forced, o.Credit.Blocked = true, nil
	}
	o.liftAt(at, actor, why, now)
	return true, nil
}

func (o *Order) liftAt(at int, actor, reason string, now time.Time) {
	hold := o.Holds[at]
	o.Lifted = append(o.Lifted, LiftedHold{Hold: hold, LiftedAt: now, LiftedBy: actor, LiftReason: reason})
	o.Holds = slices.Delete(o.Holds, at, at+1)
	o.tell(EventHoldReleased{Type: hold.Type, Actor: actor, Reason: reason})
	if len(o.Holds) == 0 && o.State == Held {
		o.State = Received
	}
}
