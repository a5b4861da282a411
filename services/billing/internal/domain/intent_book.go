package domain

import (
	"fmt"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/money"
)

// Reasons for which a payment cannot be refunded.
const (
	ReasonNotCaptured     = "NOT_CAPTURED"
	ReasonExceedsCaptured = "EXCEEDS_CAPTURED"
)

// Verdict is what a provider says of what it was asked.
type Verdict string

// The verdicts.
const (
	Done     Verdict = "DONE"
	Declined Verdict = "DECLINED"
	Gone     Verdict = "VOIDED" // it is given up, whether it came before or not
	Unclear  Verdict = "UNKNOWN"
)

// Answer is a provider's.
type Answer struct {
	Verdict         Verdict
	Code, Reference string
}

// unclearCode marks an operation of which it was told that the provider does not know.
const unclearCode = "UNKNOWN"

// change lets a decision about an intent move what it secures with it.
func (b *Book) change(intent *Intent, decide func()) error {
	before := intent.Secured()
	decide()
	if intent.Secured() == before {
		return nil
	}
	credit, err := b.creditOf(intent.ID, intent.Account)
	if err != nil {
		return err
	}
	return credit.move(change{secured: intent.Secured() - before})
}

// Authorize takes a provider's answer about an authorisation, and says whether it is news. What is decided stays.
func (b *Book) Authorize(intent *Intent, answer Answer) (news bool, err error) {
	if !intent.Undecided() || answer.Verdict == Unclear && intent.State == IntentUnknown {
		return false, nil
	}
	intent.EventSequence++
	return true, b.change(intent, func() {
		switch answer.Verdict {
		case Done:
			intent.State, intent.Reference = IntentAuthorized, answer.Reference
		case Declined:
			intent.State, intent.Code = IntentDeclined, answer.Code
		case Gone:
			intent.State, intent.VoidRequested = IntentVoided, true
		case Unclear:
			intent.State = IntentUnknown
		}
	})
}

// RequestVoid lets an intent count no more, and returns what will not be captured of it.
func (b *Book) RequestVoid(intent *Intent) (money.Minor, error) {
	err := b.change(intent, func() { intent.VoidRequested = true })
	return intent.Left(), err
}

// Void takes the provider's word that the rest is given up. It returns how much that is; news is false when it was before.
func (b *Book) Void(intent *Intent) (rest money.Minor, news bool, err error) {
	if intent.State != IntentAuthorized {
		return 0, false, nil
	}
	rest = intent.Left()
	intent.EventSequence++
	return rest, true, b.change(intent, func() {
		intent.VoidRequested = true
		intent.Voided += rest
		intent.State = IntentVoided
		if intent.Captured > 0 {
			intent.State = IntentCaptured
			intent.settleRefunds()
		}
	})
}

// SendCapture decides how much is captured for an invoice: what it owes, at most what is left. Nothing: the capture is
// dropped. What was sent stays as it was sent, since the provider may have taken it.
func (i *Intent) SendCapture(operation *Operation, invoice *Invoice) {
	if operation.State != OperationWaiting {
		return
	}
	operation.State = OperationDropped
	if i.Capturable() {
		if operation.Amount = min(invoice.BalanceDue(), i.Left()); operation.Amount > 0 {
			operation.State = OperationSent
		}
	}
}

// Capture takes a provider's word that a capture is done: it becomes a payment, which settles the invoice as far as that
// is owed still.
func (b *Book) Capture(
	intent *Intent, operation *Operation, invoice *Invoice, payment *Payment, journal uuid.UUID, terms BaseTerms, mode money.Rounding,
) error {
	if operation.Amount > intent.Left() {
		return fmt.Errorf("payment %s: %d captured of %d", intent.ID, operation.Amount, intent.Left())
	}
	if err := b.RecordPayment(payment, journal, terms, mode); err != nil {
		return err
	}
	if err := b.ApplyCash(payment, invoice, 0); err != nil {
		return err
	}
	operation.State, operation.Code = OperationDone, ""
	intent.EventSequence++
	return b.change(intent, func() {
		if intent.Captured += operation.Amount; intent.Captured == intent.Amount {
			intent.State = IntentCaptured
		}
	})
}

// DeclineCapture takes a provider's refusal to pay for what is shipped: the invoice stays owed, the rest is given up, and
// the account is stopped. Stopped says whether that is news, and is the sequence of its event then.
func (b *Book) DeclineCapture(intent *Intent, operation *Operation, code string) (stopped int64, err error) {
	credit, err := b.creditOf(intent.ID, intent.Account)
	if err != nil {
		return 0, err
	}
	operation.State, operation.Code = OperationDeclined, code
	intent.EventSequence++
	err = b.change(intent, func() { intent.Code, intent.VoidRequested = code, true })
	return credit.StopForPayment(), err
}

// Unclear notes that the provider does not know what became of an operation, and says whether that is news.
func (i *Intent) Unclear(operation *Operation) (news bool) {
	if operation.Code == unclearCode {
		return false
	}
	operation.Code = unclearCode
	i.EventSequence++
	return true
}

// RequestRefund takes an amount off an open credit memo, to be paid back of a capture; as much as both have left when it
// is 0. Faults: INVOICES_DIFFER, CREDIT_MEMO_PENDING, EXCEEDS_UNAPPLIED, EXCEEDS_CAPTURED.
func (b *Book) RequestRefund(intent *Intent, capture *Operation, memo *Memo, refund *Operation) error {
	left := capture.Amount
	for _, earlier := range intent.Operations {
		if earlier.Kind == Refund && earlier.Target == capture.ID && earlier.State != OperationDeclined {
			left -= earlier.Amount
		}
	}
	if refund.Amount == 0 {
		refund.Amount = min(left, memo.Unapplied())
	}
	switch {
	case memo.State != Issued:
		return fault.New(fault.Precondition, ReasonMemoPending, "the credit memo is not issued yet")
	case memo.Account != intent.Account || memo.LegalEntity != intent.LegalEntity || memo.Currency != intent.Currency:
		return fault.New(fault.Precondition, ReasonInvoicesDiffer, "the credit memo is of another account, company or currency")
	case refund.Amount > memo.Unapplied() || memo.Unapplied() == 0:
		return fault.New(fault.Precondition, ReasonExceedsUnapplied, "%d minor units of the credit memo are open, not %d",
			memo.Unapplied(), refund.Amount)
	case refund.Amount > left || left == 0:
		return fault.New(fault.Precondition, ReasonExceedsCaptured, "%d minor units of the payment are not paid back, not %d", left, refund.Amount)
	}
	credit, err := b.creditOf(intent.ID, intent.Account)
	if err != nil {
		return err
	}
	if err := credit.move(change{openCredit: -refund.Amount}); err != nil {
		return err
	}
	memo.Refunded += refund.Amount
	refund.Kind, refund.Intent, refund.Target, refund.Memo, refund.State = Refund, intent.ID, capture.ID, memo.ID, OperationWaiting
	intent.Operations = append(intent.Operations, refund)
	return nil
}

// Refund takes a provider's word that an amount of a credit memo is paid back, and posts it: in the base currency at the memo's
// own rate, so that nothing of a memo that is paid out stays receivable.
func (b *Book) Refund(intent *Intent, operation *Operation, memo *Memo, journal uuid.UUID) (*Journal, error) {
	postings := Postings{}
	postings.Debit(Receivable, string(intent.Account), operation.Amount)
	postings.Credit(Cash, "", operation.Amount)
	posted, err := NewJournal(journal, intent.Currency, memo.Base.BaseTerms, memo.Rounding, postings)
	if err != nil {
		return nil, err
	}
	used := memo.Used()
	memo.PaidOut += operation.Amount
	posted.inBase(memo.Worth().at(memo.Used()) - memo.Worth().at(used))
	operation.State, operation.Code, operation.Journal = OperationDone, "", journal
	intent.EventSequence++
	intent.Refunded += operation.Amount
	intent.settleRefunds()
	return posted, nil
}

// DeclineRefund takes a provider's refusal to pay back: the credit memo is open again.
func (b *Book) DeclineRefund(intent *Intent, operation *Operation, memo *Memo, code string) error {
	credit, err := b.creditOf(intent.ID, intent.Account)
	if err != nil {
		return err
	}
	operation.State, operation.Code = OperationDeclined, code
	intent.EventSequence++
	memo.Refunded -= operation.Amount
	return credit.move(change{openCredit: operation.Amount})
}

// settleRefunds says how much of what was captured is paid back, once nothing more is captured.
func (i *Intent) settleRefunds() {
	switch {
	case i.State == IntentAuthorized || i.Refunded == 0:
	case i.Refunded == i.Captured:
		i.State = IntentRefunded
	default:
		i.State = IntentPartiallyRefunded
	}
}

// StopForPayment stops an account whose payment a provider has declined after goods were shipped. It returns the sequence
// of the event that tells it, 0 when the account was stopped before.
func (c *Credit) StopForPayment() (sequence int64) {
	if c.PaymentStop {
		return 0
	}
	c.PaymentStop = true
	if c.Stopped {
		c.changed = true
		return 0
	}
	c.Stopped = true
	return c.TellTerms(true)
}

// LiftPaymentStop serves an account again, unless its terms stop it. It returns the sequence of the event that tells it, 0
// when it was not stopped for a payment.
func (c *Credit) LiftPaymentStop() (sequence int64) {
	if !c.PaymentStop {
		return 0
	}
	c.PaymentStop, c.Stopped = false, c.TermsStop
	return c.TellTerms(true)
}
