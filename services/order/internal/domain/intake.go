package domain

import "time"

// Intake is what an order was sent with besides its lines and prices. Days are "YYYY-MM-DD" in UTC; empty: none was named.
type Intake struct {
	// CancelAfter is the last day on which it may be shipped. RequestedShip and RequestedDelivery are wishes.
	CancelAfter       string `json:"cancel_after,omitempty"`
	RequestedShip     string `json:"requested_ship,omitempty"`
	RequestedDelivery string `json:"requested_delivery,omitempty"`
	// Expiring is the CancelAfter for which a timer was started.
	Expiring string `json:"expiring,omitempty"`
	// DuplicateOf is the first order with the same business key, StockHold the hold of stock whose place it takes.
	DuplicateOf string `json:"duplicate_of,omitempty"`
	StockHold   string `json:"stock_hold,omitempty"`
}

// reasonCancelAfter is why an order is cancelled whose last day is over.
const reasonCancelAfter = "CANCEL_AFTER"

// ExpiresAt is when the order's last day is over; false: it has none.
func (o *Order) ExpiresAt() (time.Time, bool) {
	day, err := time.Parse(time.DateOnly, o.CancelAfter)
	return day.AddDate(0, 0, 1), err == nil
}

// Late reports whether the order's last day is over: nothing may be handed over any more.
func (o *Order) Late(now time.Time) bool {
	end, has := o.ExpiresAt()
	return has && !now.Before(end)
}

// Expire cancels what is not with a warehouse when the order's last day is over, and asks back what is with one. It
// reports whether anything changed; a repeat changes nothing.
func (o *Order) Expire(now time.Time) bool {
	if !o.Late(now) || o.State == Rejected || o.State == Cancelled {
		return false
	}
	var wants []CancelWant
	for i := range o.Lines {
		line := &o.Lines[i]
		left := line.Remaining()
		for _, place := range line.At {
			left -= place.Stopping
		}
		if left > 0 {
			wants = append(wants, CancelWant{Line: int32(i + 1), Quantity: left})
		}
	}
	if len(wants) == 0 {
		return false
	}
	// The wants are lines and quantities that the order has: nothing can be wrong with them.
	_, err := o.Cancel(wants, actorWaybill, reasonCancelAfter, now)
	if last := len(o.Reasons) - 1; o.State == Cancelled && last >= 0 {
		o.Reasons[last] = Reason{Reason: reasonCancelAfter, Message: "it was not shipped by " + o.CancelAfter}
	}
	return err == nil
}
