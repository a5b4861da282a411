package domain

import (
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/quantity"
)

// ShipReturn says that goods are on their way back.
type ShipReturn struct {
	ID                uuid.UUID
	Carrier, Tracking string
}

// Need implements ReturnCommand.
func (c ShipReturn) Need(needs *Needs) { needs.IDs = append(needs.IDs, c.ID) }

// Decide implements ReturnCommand. After the first goods it only adds how they come.
func (c ShipReturn) Decide(d *ReturnDesk) ReturnOutcome {
	r := d.Returns[c.ID]
	switch {
	case r == nil:
		return unknownReturn(c.ID)
	case r.State == ReturnRequested || r.over() || r.State == ReturnClosed:
		return decline(fault.Precondition, ReasonNotAuthorized, "the return is %s: nothing may come", r.State)
	case r.State != ReturnAuthorized && r.Carrier == c.Carrier && r.Tracking == c.Tracking:
		return ReturnOutcome{Return: r}
	case r.State == ReturnAuthorized:
		r.State = ReturnInTransit
	}
	r.Carrier, r.Tracking = c.Carrier, c.Tracking
	return d.tell(r, time.Time{}, ReturnEvent{Kind: ReturnWasShipped})
}

// ExpireReturn ends what did not come in time.
type ExpireReturn struct {
	ID uuid.UUID
	// Today is the day, "YYYY-MM-DD" in UTC.
	Today string
}

// Need implements ReturnCommand.
func (c ExpireReturn) Need(needs *Needs) { needs.change(c.ID) }

// Decide implements ReturnCommand. Before its time is over, or when nothing would come of it, it changes nothing. Services
// do not expire: they are credited.
func (c ExpireReturn) Decide(d *ReturnDesk) ReturnOutcome {
	r := d.Returns[c.ID]
	if r == nil {
		return unknownReturn(c.ID)
	}
	if last := r.Lapses(); last == "" || last >= c.Today {
		return ReturnOutcome{Return: r}
	}
	for i := range r.Lines {
		if line := &r.Lines[i]; line.outstanding() > 0 {
			d.void(line, line.outstanding())
		}
	}
	return d.tell(r, time.Time{}, ReturnEvent{Kind: r.afterVoid(ReturnExpired)})
}

// CreditReturn books that a credit memo for the return was issued.
type CreditReturn struct {
	ID    uuid.UUID
	Lines []CreditedLine
	At    time.Time
}

// CreditedLine is what a memo credits.
type CreditedLine struct {
	// ShipmentLineID is empty without reference.
	ShipmentLineID, SKU string
	// Quantity is a decimal in the base unit.
	Quantity string
}

// Need implements ReturnCommand.
func (c CreditReturn) Need(needs *Needs) { needs.IDs = append(needs.IDs, c.ID) }

// Decide implements ReturnCommand. The quantities go to the lines of the same reference and item in order, to each at most
// what is to be credited. Refusals: RETURN_NOT_FOUND, QUANTITY_INVALID.
func (c CreditReturn) Decide(d *ReturnDesk) ReturnOutcome {
	r := d.Returns[c.ID]
	if r == nil {
		return unknownReturn(c.ID)
	}
	for _, told := range c.Lines {
		if flaw := r.credit(told); flaw != nil {
			return ReturnOutcome{Refusal: flaw}
		}
	}
	return d.tell(r, c.At)
}

func (r *Return) credit(told CreditedLine) *fault.Error {
	rest := int64(-1)
	for i := range r.Lines {
		line := &r.Lines[i]
		if line.ShipmentLineID != told.ShipmentLineID || ItemKey(line.SKU) != ItemKey(told.SKU) {
			continue
		}
		if rest < 0 {
			base, err := quantity.Parse(told.Quantity, int(line.Scale))
			if flaw, failed := fault.As(err); failed {
				return flaw
			}
			rest = base
		}
		part := min(rest, line.Credited-line.CreditIssued)
		line.CreditIssued += part
		rest -= part
	}
	return nil
}
