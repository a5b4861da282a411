package process

import (
	"time"

	"github.com/waybill-dev/waybill/internal/id"
	"github.com/waybill-dev/waybill/services/order/internal/domain"
)

// Expiry is a timer for the end of the last day on which an order may be shipped. It has no steps: what is not needed then
// is taken back by Withdraw.
var Expiry = Kind{Name: "expiry", Patience: 30 * time.Minute}

// Timers starts the timer of an order's last day, unless one for that day was started before. One for a day that the order
// has no more finds nothing to do.
func Timers(o *domain.Order, now time.Time) []*Process {
	end, has := o.ExpiresAt()
	if !has || o.Expiring == o.CancelAfter || o.Late(now) {
		return nil
	}
	o.Expiring = o.CancelAfter
	p := newProcess(o, 0, &Expiry, now)
	p.ID = id.Derive(o.ID, "cancel after "+o.CancelAfter)
	p.DueAt, p.Deadline = end, end.Add(Expiry.Patience)
	return []*Process{p}
}
