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
	// TaxRate is the tax that claims assume.
	TaxRate money.Rate
	// TermsAsOf is when the newest change of the terms above that is known here was recorded.
	TermsAsOf time.Time

	// Receivable is invoiced and not paid, OpenCredit credited and not applied to an invoice, NotInvoiced shipped and not
	// invoiced, OpenOrders accepted and not shipped.
	Receivable, OpenCredit, NotInvoiced, OpenOrders money.Minor
	// Version counts the changes, EventSequence the events.
	Version, EventSequence int64

	changed bool
}

// Exposure is what the account owes or may owe. What we owe it may be more.
func (c *Credit) Exposure() money.Minor {
	return c.Receivable - c.OpenCredit + c.NotInvoiced + c.OpenOrders
}

// change is by how much the terms of a credit row change.
type change struct{ receivable, openCredit, notInvoiced, openOrders money.Minor }

// move changes the terms. It fails, and changes nothing, when one would fall below zero, which only a defect can cause, or
// when the exposure would not fit 64 bits.
func (c *Credit) move(by change) error {
	if by == (change{}) {
		return nil
	}
	terms := []*money.Minor{&c.Receivable, &c.OpenCredit, &c.NotInvoiced, &c.OpenOrders}
	after := make([]money.Minor, len(terms))
	for i, more := range []money.Minor{by.receivable, by.openCredit, by.notInvoiced, by.openOrders} {
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

// ReasonAmountTooLarge refuses what would not fit the books.
const ReasonAmountTooLarge = "AMOUNT_TOO_LARGE"

func tooLarge(account AccountID) error {
	return fault.New(fault.Invalid, ReasonAmountTooLarge, "the exposure of account %s would be too large", account)
}
