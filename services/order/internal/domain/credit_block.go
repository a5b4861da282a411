package domain

import (
	"slices"
	"time"
)

// ReasonCreditBlocked is the reason of a credit hold that billing asked for after the order was accepted. It goes when billing
// says that there is credit again.
const ReasonCreditBlocked = "CREDIT_BLOCKED"

// CreditControl is what an order knows of its credit after it was accepted.
type CreditControl struct {
	// AtRelease: the credit is cleared before something of the order goes to a warehouse. Clearing is the number of the process
	// that asks; 0: none.
	AtRelease bool `json:"at_release,omitempty"`
	Clearing  int  `json:"clearing,omitempty"`
	// Told is the sequence of the newest that is known from billing, Blocked why nothing more of the order may go; nil: it may.
	Told    int64  `json:"told,omitempty"`
	Blocked *Block `json:"blocked,omitempty"`

	// cleared: what is reserved may go now. It is good for the moment of the answer alone.
	cleared bool
}

// Block is why nothing more of an order may go.
type Block struct {
	Reason  string `json:"reason"`
	Message string `json:"message,omitempty"`
}

// CreditBlocked notes that billing lets nothing more of the order go. What is told out of turn changes nothing.
func (o *Order) CreditBlocked(sequence int64, reason, message string) {
	if sequence > o.Credit.Told {
		o.Credit.Told, o.Credit.Blocked = sequence, &Block{Reason: reason, Message: message}
	}
}

// CreditFreed notes that there is credit again: the hold that stands for the block goes, and no other.
func (o *Order) CreditFreed(sequence int64, now time.Time) {
	if sequence <= o.Credit.Told {
		return
	}
	o.Credit.Told, o.Credit.Blocked = sequence, nil
	at := slices.IndexFunc(o.Holds, func(h Hold) bool { return h.Type == HoldCredit && h.Reason == ReasonCreditBlocked })
	if at >= 0 {
		o.liftAt(at, actorWaybill, "there is credit again", now)
	}
}

// HoldBlocked holds a blocked order of which something has not gone to a warehouse. What has, goes on; it is looked at again
// with every change, so that what comes back is held too.
func (o *Order) HoldBlocked(now time.Time) {
	block := o.Credit.Blocked
	if block == nil || o.State != Accepted || !o.CompletedAt.IsZero() {
		return
	}
	sum := o.totals()
	if sum.Open+sum.Backordered+sum.Reserved == 0 || slices.ContainsFunc(o.Holds, func(h Hold) bool { return h.Type == HoldCredit }) {
		return
	}
	hold := Hold{
		Type: HoldCredit, Reason: ReasonCreditBlocked, Message: block.Reason + ": " + block.Message, PlacedAt: now, Actor: actorWaybill,
	}
	o.Holds = append(o.Holds, hold)
	o.tell(EventHeld{Hold: hold})
}

// Clearable reports whether credit is to be cleared now: something is reserved that could go but for that.
func (o *Order) Clearable(now time.Time) bool {
	return o.Credit.AtRelease && o.Credit.Clearing == 0 && len(o.ready(now)) > 0
}

// Cleared notes the answer to a clearance: what is reserved may go at once.
func (o *Order) Cleared() { o.Credit.Clearing, o.Credit.cleared = 0, true }

// NotCleared notes that the clearance was refused.
func (o *Order) NotCleared(sequence int64, reason, message string) {
	o.Credit.Clearing = 0
	o.CreditBlocked(sequence, reason, message)
}
