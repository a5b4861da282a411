package domain

import (
	"cmp"
	"slices"
	"time"
)

// ReasonPaymentDeclined is the reason of a credit hold whose lifting asks for the payment again, and not for more credit.
const ReasonPaymentDeclined = "PAYMENT_DECLINED"

// HoldForPayment holds an order whose payment was declined, and keeps what was set aside for it (nil: nothing new). What
// events tell of that reservation meanwhile waits for the acceptance.
func (o *Order) HoldForPayment(grant *Grant, message string, now time.Time) {
	if grant != nil {
		o.Kept = grant
		o.Await(grant.Key)
	}
	o.Hold(HoldCredit, ReasonPaymentDeclined, message, now)
}

// KeptParts is what is set aside while a payment is asked for again: at places, and what waits, at none. In the order of
// lines and places.
func (o *Order) KeptParts() []Part {
	if o.Kept == nil {
		return nil
	}
	type spot struct {
		line int32
		node Node
	}
	held := map[spot]int64{}
	for _, line := range o.Kept.Lines {
		held[spot{line.Line, ""}] += line.Backordered
		for _, part := range line.At {
			held[spot{line.Line, part.Node}] += part.Quantity
		}
	}
	for _, arrival := range o.Early {
		if arrival.Key == o.Kept.Key {
			held[spot{arrival.Line, arrival.Node}] += arrival.Quantity
			held[spot{arrival.Line, ""}] -= arrival.Quantity
		}
	}
	var parts []Part
	for at, quantity := range held {
		if quantity > 0 {
			parts = append(parts, Part{Line: at.line, Node: at.node, Quantity: quantity})
		}
	}
	slices.SortFunc(parts, func(a, b Part) int { return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Node, b.Node)) })
	return parts
}

// DropKept gives back what was kept while a payment was asked for.
func (o *Order) DropKept() {
	if o.Kept == nil {
		return
	}
	for _, part := range o.KeptParts() {
		o.giveBack(o.Kept.Key, part.Line, part.Node, part.Quantity)
	}
	o.Forget(o.Kept.Key)
	o.Kept = nil
}
