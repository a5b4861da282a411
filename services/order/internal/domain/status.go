package domain

// Status is the one word that people want to see.
type Status string

// The statuses; the contract says what they mean.
const (
	StatusReceived         Status = "RECEIVED"
	StatusRejected         Status = "REJECTED"
	StatusHeld             Status = "HELD"
	StatusCancelled        Status = "CANCELLED"
	StatusClosed           Status = "CLOSED"
	StatusInvoiced         Status = "INVOICED"
	StatusShipped          Status = "SHIPPED"
	StatusPartiallyShipped Status = "PARTIALLY_SHIPPED"
	StatusReleased         Status = "RELEASED"
	StatusAllocated        Status = "ALLOCATED"
	StatusBackordered      Status = "BACKORDERED"
	StatusAccepted         Status = "ACCEPTED"
)

// totals are the sums of the buckets over the lines.
func (o *Order) totals() Line {
	var sum Line
	for i := range o.Lines {
		line := &o.Lines[i]
		sum.Ordered += line.Ordered
		sum.Open += line.Open
		sum.Backordered += line.Backordered
		sum.Reserved += line.Reserved
		sum.Released += line.Released
		sum.Shipped += line.Shipped
		sum.Cancelled += line.Cancelled
		sum.Invoiced += line.Invoiced
		sum.Ahead += line.Ahead
	}
	return sum
}

// Status is derived from state, holds, quantities and invoices alone: the first that is true.
func (o *Order) Status() Status {
	sum := o.totals()
	remaining := sum.Remaining()
	switch {
	case o.State == Rejected:
		return StatusRejected
	case o.State == Cancelled || sum.Cancelled == sum.Ordered:
		return StatusCancelled
	case len(o.Holds) > 0:
		return StatusHeld
	case o.State == Received:
		return StatusReceived
	case remaining == 0 && sum.Invoiced == sum.Shipped && o.Invoices > 0 && o.Settled >= o.Invoices:
		return StatusClosed
	case remaining == 0 && sum.Invoiced == sum.Shipped:
		return StatusInvoiced
	case remaining == 0:
		return StatusShipped
	case sum.Shipped > 0:
		return StatusPartiallyShipped
	case sum.Released > 0:
		return StatusReleased
	case sum.Open+sum.Backordered == 0:
		return StatusAllocated
	case sum.Backordered > 0:
		return StatusBackordered
	default:
		return StatusAccepted
	}
}

// Moving reports whether somebody is at work on the order: it is being decided or sourced, is with a warehouse, or is
// shipped and not invoiced. Waiting for a person, for stock or for a date is no work.
func (o *Order) Moving() bool {
	switch o.State {
	case Received:
		return true
	case Accepted:
		sum := o.totals()
		return sum.Open > 0 && len(o.Holds) == 0 || sum.Released > 0 || sum.Shipped != sum.Invoiced || sum.Ahead > 0
	default:
		return false
	}
}

// Waits names what an order waits for when no process is at work on it; empty when nothing remains. An order that is
// not finished, has no process and waits for nothing was forgotten.
func (o *Order) Waits() string {
	sum := o.totals()
	switch {
	case o.State == Held:
		return "PERSON"
	case o.State != Accepted || (sum.Remaining() == 0 && sum.Shipped == sum.Invoiced && sum.Ahead == 0):
		return ""
	case sum.Released > 0:
		return "WAREHOUSE"
	case sum.Shipped != sum.Invoiced || sum.Ahead > 0:
		return "INVOICE"
	case len(o.Holds) > 0:
		return "PERSON"
	case sum.Backordered > 0:
		return "STOCK"
	default:
		return ""
	}
}

// Finished reports whether nothing remains to be done for the order.
func (o *Order) Finished() bool {
	switch o.State {
	case Rejected, Cancelled:
		return true
	case Accepted:
		sum := o.totals()
		return sum.Remaining() == 0 && sum.Invoiced == sum.Shipped && sum.Ahead == 0 && len(o.Extras) == 0
	default:
		return false
	}
}
