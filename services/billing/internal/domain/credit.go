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

	// Receivable is invoiced and not paid, NotInvoiced shipped and not invoiced, OpenOrders accepted and not shipped.
	Receivable, NotInvoiced, OpenOrders money.Minor
	// Version counts the changes, EventSequence the events.
	Version, EventSequence int64

	changed bool
}

// Exposure is what the account owes or may owe.
func (c *Credit) Exposure() money.Minor { return c.Receivable + c.NotInvoiced + c.OpenOrders }

// move changes the three terms. It fails, and changes nothing, when one would fall below zero, which only a defect can
// cause, or when the exposure would not fit 64 bits.
func (c *Credit) move(receivable, notInvoiced, openOrders money.Minor) error {
	if receivable == 0 && notInvoiced == 0 && openOrders == 0 {
		return nil
	}
	var after [3]money.Minor
	for i, term := range [3][2]money.Minor{{c.Receivable, receivable}, {c.NotInvoiced, notInvoiced}, {c.OpenOrders, openOrders}} {
		sum, err := money.Add(term[0], term[1])
		if err != nil {
			return tooLarge(c.Account)
		}
		if sum < 0 {
			return fmt.Errorf("the credit of account %s would fall below zero: %d%+d", c.Account, term[0], term[1])
		}
		after[i] = sum
	}
	if _, err := money.Add(after[:]...); err != nil {
		return tooLarge(c.Account)
	}
	c.Receivable, c.NotInvoiced, c.OpenOrders = after[0], after[1], after[2]
	c.changed = true
	return nil
}

// ReasonAmountTooLarge refuses what would not fit the books.
const ReasonAmountTooLarge = "AMOUNT_TOO_LARGE"

func tooLarge(account AccountID) error {
	return fault.New(fault.Invalid, ReasonAmountTooLarge, "the exposure of account %s would be too large", account)
}
