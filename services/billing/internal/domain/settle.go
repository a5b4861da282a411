package domain

import (
	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/money"
)

// Means is that by which an invoice is settled, in whole or in part.
type Means string

// The means.
const (
	ByCash     Means = "PAID"
	ByCredit   Means = "CREDITED"
	ByWriteOff Means = "WRITTEN_OFF"
)

// ReasonExceedsBalance refuses to settle more of an invoice than is owed on it.
const ReasonExceedsBalance = "EXCEEDS_BALANCE_DUE"

// Settlement is what of an invoice is settled, by what.
type Settlement struct {
	Cash, Credit, WrittenOff money.Minor
	// ExchangeGain is what was gained in the base currency by settling it at other rates than its own; below zero lost.
	ExchangeGain money.Minor
	// SettledBy is what brought the balance to zero; empty while something is owed.
	SettledBy Means

	settledNow, reopenedNow bool
}

// BalanceDue is what is still owed on the invoice.
func (i *Invoice) BalanceDue() money.Minor {
	return i.Total() - i.Cash - i.Credit - i.WrittenOff
}

// Settle lowers what is owed on an issued invoice, and the receivables of its account with it. A balance changes here
// and in UnapplyCash, nowhere else. Where it reaches zero the invoice is settled, and JustSettled says so: an event is counted for it.
// What settles it is the caller's: unapplied cash, open credit and the journal are not touched. Fault: EXCEEDS_BALANCE_DUE.
func (b *Book) Settle(invoice *Invoice, by Means, amount money.Minor) error {
	if invoice.State != Issued || amount < 0 || amount > invoice.BalanceDue() {
		return fault.New(fault.Precondition, ReasonExceedsBalance, "invoice %s owes %d minor units, not %d",
			invoice.Document, invoice.BalanceDue(), amount)
	}
	credit, err := b.creditOf(invoice.ID, invoice.Account)
	if err != nil {
		return err
	}
	if err := credit.move(change{receivable: -amount}); err != nil {
		return err
	}
	switch by {
	case ByCash:
		invoice.Cash += amount
	case ByCredit:
		invoice.Credit += amount
	case ByWriteOff:
		invoice.WrittenOff += amount
	}
	invoice.settle(by)
	b.changeInvoice(invoice)
	return nil
}

// settle notes that nothing is owed any more.
func (i *Invoice) settle(by Means) {
	if i.BalanceDue() == 0 && i.SettledBy == "" {
		i.SettledBy, i.settledNow = by, true
		i.EventSequence++
	}
}

// JustSettled says whether this book's decisions have settled the invoice.
func (i *Invoice) JustSettled() bool { return i.settledNow }

// JustReopened says whether this book's decisions have made a settled invoice owed again.
func (i *Invoice) JustReopened() bool { return i.reopenedNow }

// Invoice is an issued invoice that was put into the book; nil when there is none.
func (b *Book) Invoice(id uuid.UUID) *Invoice { return b.invoices[id] }

// AddInvoices puts issued invoices into the book, locked by its transaction.
func (b *Book) AddInvoices(invoices []*Invoice) {
	if b.invoices == nil {
		b.invoices = make(map[uuid.UUID]*Invoice, len(invoices))
	}
	for _, invoice := range invoices {
		b.invoices[invoice.ID] = invoice
	}
}

// ChangedInvoices are the invoices of which more is settled now.
func (b *Book) ChangedInvoices() []*Invoice { return b.changedInvoices }

func (b *Book) changeInvoice(invoice *Invoice) {
	for _, known := range b.changedInvoices {
		if known == invoice {
			return
		}
	}
	b.changedInvoices = append(b.changedInvoices, invoice)
}
