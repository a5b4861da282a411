package domain

import (
	"fmt"
	"time"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/money"
)

// Credit is the credit row of an account with the terms that hold for it.
type Credit struct {
	Account     AccountID
	LegalEntity string
	Currency    string

	Limit     money.Minor
	Unlimited bool
	Stopped   bool
	// TermsStop: its terms stop it. PaymentStop: a capture was declined, and nobody has lifted the stop since.
	TermsStop, PaymentStop bool
	// Weighing is by what claims are weighed, Checkpoint when the terms are asked.
	Weighing
	Checkpoint Checkpoint
	// TermsAsOf is when the newest change of the terms above that is known here was recorded.
	TermsAsOf time.Time

	// MaxDaysPastDue is how long past due an invoice may be while orders are accepted; 0: not checked. OldestDue is the due
	// date of the oldest invoice that is past due, owed and not disputed; zero when there is none, and when nothing is
	// checked. Today is the day on which that is so.
	MaxDaysPastDue   int64
	OldestDue, Today time.Time

	// Receivable is invoiced and not paid, OpenCredit credited and not applied to an invoice, UnappliedCash paid and not
	// applied, NotInvoiced shipped and not invoiced, OpenOrders accepted and not shipped.
	Receivable, OpenCredit, UnappliedCash, NotInvoiced, OpenOrders money.Minor
	// Secured is authorised by payment providers and neither captured nor given up.
	Secured money.Minor
	// Blocked is how many of its orders are not to go on for want of credit.
	Blocked int64
	// Version counts the changes, EventSequence the events.
	Version, EventSequence int64

	changed bool
}

// Checkpoint says when the terms of an account are asked.
type Checkpoint string

// The checkpoints.
const (
	CheckAccept  Checkpoint = "ACCEPT"
	CheckRelease Checkpoint = "RELEASE"
	CheckBoth    Checkpoint = "BOTH"
)

func (c Checkpoint) atRelease() bool { return c == CheckRelease || c == CheckBoth }

// Exposure is what the account owes or may owe. What we owe it may be more.
func (c *Credit) Exposure() money.Minor {
	return c.Receivable - c.OpenCredit - c.UnappliedCash + c.NotInvoiced + c.OpenOrders - c.Secured
}

// change is by how much the terms of a credit row change.
type change struct{ receivable, openCredit, unappliedCash, notInvoiced, openOrders, secured money.Minor }

// move changes the terms. It fails, and changes nothing, when one would fall below zero, which only a defect can cause, or
// when the exposure would not fit 64 bits.
func (c *Credit) move(by change) error {
	if by == (change{}) {
		return nil
	}
	terms := []*money.Minor{&c.Receivable, &c.OpenCredit, &c.UnappliedCash, &c.NotInvoiced, &c.OpenOrders, &c.Secured}
	after := make([]money.Minor, len(terms))
	for i, more := range []money.Minor{by.receivable, by.openCredit, by.unappliedCash, by.notInvoiced, by.openOrders, by.secured} {
		sum, err := money.Add(*terms[i], more)
		if err != nil {
			return tooLarge(c.Account)
		}
		if sum < 0 {
			return fmt.Errorf("the credit of account %s would fall below zero: %d%+d", c.Account, *terms[i], more)
		}
		after[i] = sum
	}
	if _, err := money.Add(after...); err != nil {
		return tooLarge(c.Account)
	}
	for i, term := range terms {
		*term = after[i]
	}
	c.changed = true
	return nil
}

// DaysPastDue is for how many days the oldest invoice is past due.
func (c *Credit) DaysPastDue() int64 {
	if c.OldestDue.IsZero() {
		return 0
	}
	return max(int64(c.Today.Sub(c.OldestDue)/(24*time.Hour)), 0)
}

// SameTerms says whether claims are decided on the same terms.
func (c *Credit) SameTerms(other *Credit) bool {
	return c.Limit == other.Limit && c.Unlimited == other.Unlimited && c.Stopped == other.Stopped &&
		c.MaxDaysPastDue == other.MaxDaysPastDue
}

// Stricter says whether the terms ask for more than others did.
func (c *Credit) Stricter(than *Credit) bool {
	return c.Stopped && !than.Stopped ||
		!c.Unlimited && (than.Unlimited || c.Limit < than.Limit) ||
		c.MaxDaysPastDue > 0 && (than.MaxDaysPastDue == 0 || c.MaxDaysPastDue < than.MaxDaysPastDue)
}

// TellTerms notes that the terms have changed, so that the state is told. Stop says that the account was stopped by it,
// which is an event of its own: it returns the sequence of that.
func (c *Credit) TellTerms(stop bool) (sequence int64) {
	c.changed = true
	if stop {
		c.EventSequence++
	}
	return c.EventSequence
}

// ReasonAmountTooLarge refuses what would not fit the books.
const ReasonAmountTooLarge = "AMOUNT_TOO_LARGE"

func tooLarge(account AccountID) error {
	return fault.New(fault.Invalid, ReasonAmountTooLarge, "the exposure of account %s would be too large", account)
}
