package domain

import (
	"slices"
	"time"

	"github.com/waybill-dev/waybill/internal/fault"
)

// ReasonPlaced is the reason of a hold that a person placed.
const ReasonPlaced = "PLACED"

// PlaceHold stops an order that is held or accepted until somebody lifts the hold, and reports whether anything changed: a
// hold of a kind that stands stays as it is. Of an accepted order nothing more is looked for or handed over; what is promised
// stays so, and facts are booked. Faults: ORDER_NOT_DECIDED, ORDER_ENDED.
func (o *Order) PlaceHold(kind HoldType, actor, message string, now time.Time) (bool, error) {
	switch {
	case o.State == Received:
		return false, fault.New(fault.Precondition, ReasonNotDecided, "the order is still being decided")
	case o.State != Accepted && o.State != Held || !o.CompletedAt.IsZero():
		return false, fault.New(fault.Precondition, ReasonEnded, "nothing of the order remains to be held")
	case slices.ContainsFunc(o.Holds, func(h Hold) bool { return h.Type == kind }):
		return false, nil
	}
	hold := Hold{Type: kind, Reason: ReasonPlaced, Message: message, PlacedAt: now, Actor: actor}
	o.Holds = append(o.Holds, hold)
	o.tell(EventHeld{Hold: hold})
	return true, nil
}
