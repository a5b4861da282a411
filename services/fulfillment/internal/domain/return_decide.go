package domain

import (
	"cmp"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/fault"
)

// AuthorizeReturn allows goods to come back: what was asked for, more of it, or what came blind.
type AuthorizeReturn struct {
	ID uuid.UUID
	// Lines are empty for all that was asked for or came blind.
	Lines                              []AuthorizedLine
	ExpiresOn, AccountID, CurrencyCode string
}

// AuthorizedLine is a line to authorise.
type AuthorizedLine struct {
	Position int32
	Quantity int64
	// FeeBP is nil for the fee that it has.
	FeeBP                 *int32
	AgreedPrice, TaxClass string
}

// Need implements ReturnCommand.
func (c AuthorizeReturn) Need(needs *Needs) { needs.change(c.ID) }

// Decide implements ReturnCommand. Goods that were inspected before are credited by it.
func (c AuthorizeReturn) Decide(d *ReturnDesk) ReturnOutcome {
	r := d.Returns[c.ID]
	switch {
	case r == nil:
		return unknownReturn(c.ID)
	case r.over() || r.State == ReturnClosed && !r.Blind():
		return decline(fault.Precondition, ReasonReturnEnded, "the return is %s", r.State)
	}
	lines := c.Lines
	if len(lines) == 0 {
		lines = r.asked()
	}
	if len(lines) == 0 {
		return decline(fault.Precondition, ReasonNothingToAuthorize, "nothing was asked for and nothing came blind")
	}
	if flaw := c.check(d, r, lines); flaw != nil {
		return ReturnOutcome{Refusal: flaw}
	}
	before := r.snapshot()
	for _, granted := range lines {
		line := r.line(granted.Position)
		if granted.FeeBP != nil {
			line.FeeBP = *granted.FeeBP
		}
		line.AgreedPrice = cmp.Or(granted.AgreedPrice, line.AgreedPrice)
		line.TaxClass = cmp.Or(granted.TaxClass, line.TaxClass)
		d.allow(line, granted.Quantity)
		line.settle()
	}
	r.AccountID, r.CurrencyCode = cmp.Or(r.AccountID, c.AccountID), cmp.Or(r.CurrencyCode, c.CurrencyCode)
	r.ExpiresOn = cmp.Or(c.ExpiresOn, r.ExpiresOn)
	r.authorize(d)
	events := []ReturnEvent{{Kind: ReturnWasAuthorized}}
	if credits := r.movedSince(&before, func(l *ReturnLine) bool { return !l.Service }); len(credits) > 0 {
		events = append(events, ReturnEvent{Kind: ReturnWasInspected, Movements: credits})
	}
	return d.tell(r, time.Time{}, events...)
}

// asked are the lines of which something waits for a decision.
func (r *Return) asked() []AuthorizedLine {
	var lines []AuthorizedLine
	for i := range r.Lines {
		line := &r.Lines[i]
		quantity := line.Blind
		if !r.Decided {
			quantity = max(quantity, line.Requested-line.Authorized)
		}
		if quantity > 0 {
			lines = append(lines, AuthorizedLine{Position: line.Position, Quantity: quantity})
		}
	}
	return lines
}

func (c AuthorizeReturn) check(d *ReturnDesk, r *Return, lines []AuthorizedLine) *fault.Error {
	var wrong flaws
	wrong.add("expires_on", checkDay(c.ExpiresOn))
	seen, taken := make(map[int32]bool, len(lines)), make(map[string]int64)
	for i, granted := range lines {
		path := fmt.Sprintf("lines[%d].", i)
		line := r.line(granted.Position)
		priced := granted.AgreedPrice != "" || granted.TaxClass != ""
		switch {
		case line == nil:
			wrong.say(path+"position", ReasonUnknownLine, "the return has no line %d", granted.Position)
			continue
		case seen[granted.Position]:
			wrong.say(path+"position", ReasonLineTwice, "line %d stands twice", granted.Position)
			continue
		case priced && line.ShipmentLineID != "":
			wrong.say(path+"agreed_unit_price", ReasonHasReference, "the line is credited as it was invoiced")
		case line.ShipmentLineID != "":
			free := d.Allowances[line.ShipmentLineID].Free() - taken[line.ShipmentLineID]
			if granted.Quantity > free {
				wrong.add(path+"quantity", notReturnable(line.ShipmentLineID, free))
			}
			taken[line.ShipmentLineID] += granted.Quantity
		case cmp.Or(granted.AgreedPrice, line.AgreedPrice) == "":
		case cmp.Or(r.AccountID, c.AccountID) == "":
			wrong.add("account_id", fault.New(fault.Precondition, ReasonAccountRequired, "a credit needs its customer"))
		case cmp.Or(r.CurrencyCode, c.CurrencyCode) == "":
			wrong.add("currency_code", fault.New(fault.Precondition, ReasonCurrencyRequired, "an agreed price needs its currency"))
		}
		seen[granted.Position] = true
	}
	return wrong.found
}

// movedSince are the movements of the lines that are so since a snapshot.
func (r *Return) movedSince(before *Return, is func(*ReturnLine) bool) []ReturnMovement {
	var movements []ReturnMovement
	for i := range r.Lines {
		line, known := &r.Lines[i], ReturnLine{}
		if i < len(before.Lines) {
			known = before.Lines[i]
		}
		moved := ReturnMovement{
			Received: line.Received - known.Received, OnHold: line.OnHold - known.OnHold,
			Credited: line.Credited - known.Credited, Split: subtractSplit(line.Split, known.Split),
		}
		if is(line) && moved != (ReturnMovement{}) {
			moved.Position = line.Position
			movements = append(movements, moved)
		}
	}
	return movements
}

// EndReturn declines, withdraws or closes a return.
type EndReturn struct {
	ID uuid.UUID
	// To is ReturnDeclined, ReturnCancelled or ReturnClosed.
	To     ReturnState
	Reason string
}

// Need implements ReturnCommand.
func (c EndReturn) Need(needs *Needs) { needs.change(c.ID) }

// Decide implements ReturnCommand. What has ended that way already stays as it is.
func (c EndReturn) Decide(d *ReturnDesk) ReturnOutcome {
	r := d.Returns[c.ID]
	if r == nil {
		return unknownReturn(c.ID)
	}
	if r.State == c.To || c.To == ReturnClosed && r.Closing {
		return ReturnOutcome{Return: r}
	}
	if flaw := r.mayEnd(c.To); flaw != nil {
		return ReturnOutcome{Refusal: flaw}
	}
	r.DecisionReason, r.Decided = c.Reason, true
	voided := d.voidRest(r)
	if c.To != ReturnClosed {
		r.State = c.To
		return d.tell(r, time.Time{}, ReturnEvent{Kind: ReturnWasDeclined})
	}
	r.Closing = true
	if voided {
		return d.tell(r, time.Time{}, ReturnEvent{Kind: ReturnWasVoided})
	}
	return d.tell(r, time.Time{})
}

// mayEnd refuses an end that does not fit what has happened.
func (r *Return) mayEnd(to ReturnState) *fault.Error {
	started := r.any(func(l *ReturnLine) bool { return l.Received > 0 || l.Credited > 0 })
	refusal := func(reason, format string, args ...any) *fault.Error {
		return fault.New(fault.Precondition, reason, format, args...)
	}
	switch {
	case to == ReturnDeclined && (r.State != ReturnRequested || started):
		return refusal(ReasonNotRequested, "the return is %s: there is nothing to decline", r.State)
	case to == ReturnDeclined:
		return nil
	case to == ReturnCancelled && started:
		return refusal(ReasonReturnStarted, "some of it has arrived or is credited: close it instead")
	case r.over() || r.State == ReturnClosed:
		return refusal(ReasonReturnEnded, "the return is %s", r.State)
	case to == ReturnCancelled:
		return nil
	case r.State == ReturnRequested:
		return refusal(ReasonNotAuthorized, "the return waits for a decision: decline it instead")
	case r.any(func(l *ReturnLine) bool { return l.Uninspected > 0 }):
		return refusal(ReasonNotInspected, "some of it has arrived and is not inspected")
	}
	return nil
}

// voidRest takes back all that may be taken back.
func (d *ReturnDesk) voidRest(r *Return) (voided bool) {
	for i := range r.Lines {
		if line := &r.Lines[i]; line.voidable() > 0 {
			d.void(line, line.voidable())
			voided = true
		}
	}
	return voided
}

// VoidReturn takes back a part of what was authorised.
type VoidReturn struct {
	ID uuid.UUID
	// Lines are empty for all that may be taken back.
	Lines  []VoidedLine
	Reason string
}

// VoidedLine is a line of which something is taken back.
type VoidedLine struct {
	Position int32
	Quantity int64
}

// Need implements ReturnCommand.
func (c VoidReturn) Need(needs *Needs) { needs.change(c.ID) }

// Decide implements ReturnCommand. A return of which nothing is left by it is withdrawn.
func (c VoidReturn) Decide(d *ReturnDesk) ReturnOutcome {
	r := d.Returns[c.ID]
	if r == nil {
		return unknownReturn(c.ID)
	}
	var wrong flaws
	seen := make(map[int32]bool, len(c.Lines))
	for i, part := range c.Lines {
		line, path := r.line(part.Position), fmt.Sprintf("lines[%d].", i)
		switch {
		case line == nil:
			wrong.say(path+"position", ReasonUnknownLine, "the return has no line %d", part.Position)
		case seen[part.Position]:
			wrong.say(path+"position", ReasonLineTwice, "line %d stands twice", part.Position)
		case part.Quantity > line.voidable():
			wrong.add(path+"quantity", notVoidable(line.voidable()))
		}
		seen[part.Position] = true
	}
	if wrong.found != nil {
		return ReturnOutcome{Refusal: wrong.found}
	}
	for _, part := range c.Lines {
		d.void(r.line(part.Position), part.Quantity)
	}
	if len(c.Lines) == 0 && !d.voidRest(r) {
		return ReturnOutcome{Refusal: notVoidable(0)}
	}
	r.DecisionReason = c.Reason
	return d.tell(r, time.Time{}, ReturnEvent{Kind: r.afterVoid(ReturnCancelled)})
}

// afterVoid ends a return of which nothing is left, and says how that is told.
func (r *Return) afterVoid(end ReturnState) ReturnEventKind {
	if r.any(func(l *ReturnLine) bool { return l.allowed() > 0 || l.Received > 0 }) {
		return ReturnWasVoided
	}
	r.State, r.Decided = end, true
	return ReturnWasDeclined
}

func notVoidable(most int64) *fault.Error {
	return fault.New(fault.Precondition, ReasonNotVoidable, "at most %d is authorised and has not arrived", most).
		WithMeta("available", strconv.FormatInt(most, 10))
}

func unknownReturn(id uuid.UUID) ReturnOutcome {
	return decline(fault.NotFound, ReasonReturnNotFound, "there is no return %s", id)
}
