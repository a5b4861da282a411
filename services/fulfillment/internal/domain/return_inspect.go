package domain

import (
	"cmp"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/fault"
)

// Inspect is what was found under one document of a place so far.
type Inspect struct {
	ID       uuid.UUID
	Document string
	Lines    []InspectedLine
	At       time.Time
}

// InspectedLine are the counters of one line.
type InspectedLine struct {
	Position int32
	Inspection
	WithheldReason string
}

// Need implements ReturnCommand.
func (c Inspect) Need(needs *Needs) { needs.IDs = append(needs.IDs, c.ID) }

// Decide implements ReturnCommand. Refusals: UNKNOWN_RETURN, UNKNOWN_LINE, NOT_STOCKED, LOT_REQUIRED,
// WITHHELD_REASON_REQUIRED, TOO_MANY_DOCUMENTS.
func (c Inspect) Decide(d *ReturnDesk) ReturnOutcome {
	r := d.Returns[c.ID]
	if r == nil {
		return decline(fault.Precondition, ReasonUnknownReturn, "there is no return of this id")
	}
	for _, told := range c.Lines {
		if flaw := c.check(d, r, told); flaw != nil {
			return ReturnOutcome{Refusal: flaw}
		}
	}
	before, news := r.snapshot(), false
	for _, told := range c.Lines {
		line := r.line(told.Position)
		if line.Inspections == nil {
			line.Inspections = make(map[string]Inspection, 1)
		}
		known := line.Inspections[c.Document]
		merged := Inspection{
			Split: maxSplit(known.Split, told.Split), OnHold: max(known.OnHold, told.OnHold),
			FromHold: maxSplit(known.FromHold, told.FromHold), Withheld: max(known.Withheld, told.Withheld),
		}
		news = news || merged != known
		line.Inspections[c.Document] = merged
		line.WithheldReason = cmp.Or(told.WithheldReason, line.WithheldReason)
		line.settle()
	}
	if !news {
		return ReturnOutcome{Return: r}
	}
	return c.tell(d, r, &before)
}

func (c Inspect) check(d *ReturnDesk, r *Return, told InspectedLine) *fault.Error {
	line := r.line(told.Position)
	switch {
	case line == nil:
		return fault.New(fault.Precondition, ReasonUnknownLine, "the return has no line %d", told.Position)
	case line.Service:
		return fault.New(fault.Invalid, ReasonNotStocked, "line %d is a service: there is nothing to look at", told.Position)
	case told.Withheld > 0 && told.WithheldReason == "":
		return fault.New(fault.Invalid, ReasonWithheldReason, "line %d: say why it is not to be credited", told.Position)
	}
	if line.Lot == "" && d.Items[ItemKey(line.SKU)].LotTracked {
		return fault.New(fault.Invalid, ReasonLotRequired, "line %d: report its receipt with the lot first", told.Position)
	}
	if _, known := line.Inspections[c.Document]; !known && len(line.Inspections) >= MaxDocuments {
		return tooManyDocuments()
	}
	return nil
}

// tell says first what has arrived by the inspection, then what was found.
func (c Inspect) tell(d *ReturnDesk, r *Return, before *Return) ReturnOutcome {
	var events []ReturnEvent
	var came, found []ReturnMovement
	for _, moved := range r.movedSince(before, func(*ReturnLine) bool { return true }) {
		if moved.Received > 0 {
			came = append(came, ReturnMovement{Position: moved.Position, Received: moved.Received})
			moved.Received = 0
		}
		if moved != (ReturnMovement{Position: moved.Position}) {
			found = append(found, moved)
		}
	}
	if len(came) > 0 {
		r.Closing = false
		events = append(events, ReturnEvent{Kind: ReturnWasReceived, Movements: came})
	}
	if len(found) > 0 {
		events = append(events, ReturnEvent{Kind: ReturnWasInspected, Movements: found})
	}
	return d.tell(r, c.At, events...)
}
