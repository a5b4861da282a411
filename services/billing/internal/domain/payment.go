package domain

import (
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/money"
)

// Reasons for which cash cannot be applied, or taken off.
const (
	ReasonExceedsApplied   = "EXCEEDS_APPLIED"
	ReasonCurrencyMismatch = "CURRENCY_MISMATCH"
	ReasonInvoiceSettled   = "INVOICE_SETTLED"
)

// Payment is money that a customer has paid.
type Payment struct {
	ID          uuid.UUID
	Account     AccountID
	LegalEntity string
	Currency    string
	Amount      money.Minor
	// Applied is what of it settles invoices; Applications says which.
	Applied      money.Minor
	Applications []Application
	ReceivedOn   time.Time
	Reference    string

	RecordedAt time.Time
	Rate       money.ExchangeRate
	// BaseCurrency and Base are what it is in the base currency, as posted.
	BaseCurrency string
	Base         money.Minor
	Journal      *Journal
}

// Unapplied is what of it settles no invoice.
func (p *Payment) Unapplied() money.Minor { return p.Amount - p.Applied }

// RecordPayment posts a payment as a whole: it is unapplied cash of its account. Fault: CURRENCY_MISMATCH.
func (b *Book) RecordPayment(payment *Payment, journal uuid.UUID, terms BaseTerms, mode money.Rounding) error {
	credit, err := b.creditOf(payment.ID, payment.Account)
	if err != nil {
		return err
	}
	if payment.Currency != credit.Currency {
		return fault.New(fault.Precondition, ReasonCurrencyMismatch, "account %s pays in %s", credit.Account, credit.Currency).
			WithField("currency_code", ReasonCurrencyMismatch, "the account's")
	}
	if err := credit.move(change{unappliedCash: payment.Amount}); err != nil {
		return err
	}
	postings := Postings{}
	postings.Debit(Cash, "", payment.Amount)
	postings.Credit(Receivable, string(payment.Account), payment.Amount)
	payment.Rate, payment.BaseCurrency = terms.Rate, terms.Currency
	if payment.Journal, err = NewJournal(journal, payment.Currency, terms, mode, postings); err != nil {
		return err
	}
	payment.Base = payment.Journal.Entries[0].BaseDebit
	return nil
}

// ApplyCash settles an invoice with what of a payment is not applied: the given amount, or as much as both have left when it
// is 0. Faults: INVOICE_PENDING, INVOICES_DIFFER, EXCEEDS_UNAPPLIED, EXCEEDS_BALANCE_DUE.
func (b *Book) ApplyCash(payment *Payment, invoice *Invoice, amount money.Minor) error {
	switch {
	case invoice.State != Issued:
		return fault.New(fault.Precondition, ReasonInvoicePending, "the invoice is not issued yet")
	case invoice.Account != payment.Account || invoice.LegalEntity != payment.LegalEntity || invoice.Currency != payment.Currency:
		return fault.New(fault.Precondition, ReasonInvoicesDiffer, "the invoice is of another account, company or currency")
	case amount > payment.Unapplied():
		return fault.New(fault.Precondition, ReasonExceedsUnapplied, "%d minor units of the payment are not applied, not %d",
			payment.Unapplied(), amount)
	case amount == 0:
		amount = min(payment.Unapplied(), invoice.BalanceDue())
	}
	if amount == 0 {
		return nil
	}
	if err := b.Settle(invoice, ByCash, amount); err != nil {
		return err
	}
	if err := b.credits[payment.Account].move(change{unappliedCash: -amount}); err != nil {
		return err
	}
	payment.apply(invoice.ID, amount)
	b.exchange(invoice, payment.ID, payment.Worth(), payment.Applied, amount)
	return nil
}

// UnapplyCash takes a payment off an invoice: the given amount, or all that it settles of it when it is 0. The invoice is
// owed again, and Reopened says whether it had been settled. Fault: EXCEEDS_APPLIED.
func (b *Book) UnapplyCash(payment *Payment, invoice *Invoice, amount money.Minor) error {
	applied := payment.appliedTo(invoice.ID)
	if amount == 0 {
		amount = applied
	}
	if amount == 0 || amount > applied {
		return fault.New(fault.Precondition, ReasonExceedsApplied, "the payment settles %d minor units of the invoice, not %d",
			applied, amount)
	}
	credit, err := b.creditOf(invoice.ID, invoice.Account)
	if err != nil {
		return err
	}
	if err := credit.move(change{receivable: amount, unappliedCash: amount}); err != nil {
		return err
	}
	invoice.Cash -= amount
	if invoice.SettledBy != "" {
		invoice.SettledBy, invoice.reopenedNow = "", true
		invoice.EventSequence++
	}
	b.changeInvoice(invoice)
	payment.apply(invoice.ID, -amount)
	b.exchange(invoice, payment.ID, payment.Worth(), payment.Applied, -amount)
	return nil
}

func (p *Payment) appliedTo(invoice uuid.UUID) money.Minor {
	for _, application := range p.Applications {
		if application.Invoice == invoice {
			return application.Amount
		}
	}
	return 0
}

// apply notes that more, or less, of the payment settles an invoice.
func (p *Payment) apply(invoice uuid.UUID, amount money.Minor) {
	p.Applied += amount
	for i := range p.Applications {
		if p.Applications[i].Invoice == invoice {
			p.Applications[i].Amount += amount
			return
		}
	}
	p.Applications = append(p.Applications, Application{Invoice: invoice, Amount: amount})
}

// WriteOff is what of an invoice was given up, and why.
type WriteOff struct {
	ID      uuid.UUID
	Invoice *Invoice
	Amount  money.Minor
	Reason  string
	Journal *Journal
	// EventSequence is that of the invoice's event which tells it.
	EventSequence int64
}

// WriteOffInvoice gives up what is owed on an invoice: the given amount, or all when it is 0. It is posted with
// that part of the invoice's base amount, so that its receivable is gone in the base currency too. Faults: INVOICE_PENDING, EXCEEDS_BALANCE_DUE.
func (b *Book) WriteOffInvoice(off *WriteOff, journal uuid.UUID, mode money.Rounding) error {
	invoice := off.Invoice
	if invoice.State != Issued {
		return fault.New(fault.Precondition, ReasonInvoicePending, "the invoice is not issued yet")
	}
	if off.Amount == 0 {
		off.Amount = invoice.BalanceDue()
	}
	if off.Amount == 0 {
		return fault.New(fault.Precondition, ReasonExceedsBalance, "nothing is owed on invoice %s", invoice.Document)
	}
	before := invoice.EventSequence
	invoice.EventSequence++
	off.EventSequence = invoice.EventSequence
	if err := b.Settle(invoice, ByWriteOff, off.Amount); err != nil {
		invoice.EventSequence = before
		return err
	}
	postings := Postings{}
	postings.Debit(BadDebt, "", off.Amount)
	postings.Credit(Receivable, string(invoice.Account), off.Amount)
	var err error
	if off.Journal, err = NewJournal(journal, invoice.Currency, invoice.Base.BaseTerms, mode, postings); err != nil {
		return err
	}
	owed, settled := invoice.Worth(), invoice.Settled()
	off.Journal.inBase(owed.at(settled) - owed.at(settled-off.Amount))
	return nil
}

// Dispute notes that the customer disputes an issued invoice, or gives another reason. It reports whether that is news.
// Faults: INVOICE_PENDING, INVOICE_SETTLED.
func (i *Invoice) Dispute(reason string) (news bool, err error) {
	switch {
	case i.State != Issued:
		return false, fault.New(fault.Precondition, ReasonInvoicePending, "the invoice is not issued yet")
	case i.SettledBy != "":
		return false, fault.New(fault.Precondition, ReasonInvoiceSettled, "nothing is owed on invoice %s", i.Document)
	case i.Disputed && i.DisputeReason == reason:
		return false, nil
	}
	i.Disputed, i.DisputeReason = true, reason
	i.EventSequence++
	return true, nil
}

// Resolve ends a dispute. It reports whether there was one.
func (i *Invoice) Resolve() (news bool) {
	if !i.Disputed {
		return false
	}
	i.Disputed, i.DisputeReason = false, ""
	i.EventSequence++
	return true
}

// FallOverdue notes that it is told that the invoice is past due on a day. It reports whether that is so and news.
func (i *Invoice) FallOverdue(today time.Time) (news bool) {
	if i.State != Issued || i.SettledBy != "" || i.Disputed || i.OverdueTold || !i.DueDate.Before(today) {
		return false
	}
	i.OverdueTold = true
	i.EventSequence++
	return true
}

// Overdue says whether it is past due, as far as that was told.
func (i *Invoice) Overdue() bool { return i.OverdueTold && i.SettledBy == "" && !i.Disputed }
