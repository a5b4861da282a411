package domain

import (
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/fault"
)

// Reasons for which a document cannot be discarded, or drafted anew.
const (
	ReasonInvoiceIssued = "INVOICE_ISSUED"
	ReasonMemoIssued    = "CREDIT_MEMO_ISSUED"
)

// StateDiscarded is where sums count discarded drafts. A draft itself stays where it was, and says that it is discarded.
const StateDiscarded State = "DISCARDED"

// Discarded is who has put a draft aside, when and why; the zero value: nobody has.
type Discarded struct {
	At         time.Time
	By, Reason string
}

// Is says whether the draft is discarded.
func (d *Discarded) Is() bool { return !d.At.IsZero() }

// Delivery is that an invoice was sent to its customer.
type Delivery struct {
	Invoice            uuid.UUID
	Channel, Reference string
	SentAt             time.Time
}

// Sent notes that an issued invoice was sent, on one way more. Fault: INVOICE_PENDING.
func (i *Invoice) Sent(delivery *Delivery) error {
	if i.State != Issued {
		return fault.New(fault.Precondition, ReasonInvoicePending, "the invoice is not issued yet")
	}
	if i.SentAt.IsZero() || delivery.SentAt.Before(i.SentAt) {
		i.SentAt = delivery.SentAt
	}
	i.EventSequence++
	return nil
}

// Discard puts the draft of an invoice aside: what it is for weighs as shipped and not invoiced. It reports whether that is
// news. Fault: INVOICE_ISSUED.
func (b *Book) Discard(invoice *Invoice, discarded Discarded) (news bool, err error) {
	switch {
	case invoice.State == Issued:
		return false, fault.New(fault.Precondition, ReasonInvoiceIssued, "the invoice is issued: correct it by a credit memo")
	case invoice.Discarded.Is():
		return false, nil
	}
	if err := b.count(invoice); err != nil {
		return false, err
	}
	invoice.Discarded = discarded
	invoice.EventSequence++
	return true, nil
}

// Redraft lets a discarded draft wait for its tax again. It reports whether that is news. Fault: INVOICE_ISSUED.
func (i *Invoice) Redraft() (news bool, err error) {
	switch {
	case i.State == Issued:
		return false, fault.New(fault.Precondition, ReasonInvoiceIssued, "the invoice is issued")
	case !i.Discarded.Is():
		return false, nil
	}
	i.Discarded = Discarded{}
	i.EventSequence++
	return true, nil
}

// DiscardMemo throws a draft away, and gives back what it has taken of the positions of invoices. It reports whether that is
// news. Fault: CREDIT_MEMO_ISSUED.
func (b *Book) DiscardMemo(memo *Memo, discarded Discarded) (news bool, err error) {
	switch {
	case memo.State == Issued:
		return false, fault.New(fault.Precondition, ReasonMemoIssued, "the credit memo is issued")
	case memo.Discarded.Is():
		return false, nil
	}
	for i := range memo.Lines {
		line := &memo.Lines[i]
		if invoice := b.invoices[line.Invoice]; !line.free() && invoice != nil {
			b.touchCredited(invoice)
			line.giveBack(invoice)
		}
	}
	memo.Discarded = discarded
	memo.EventSequence++
	return true, nil
}

// giveBack undoes what Credit took of the invoice's position.
func (l *MemoLine) giveBack(invoice *Invoice) {
	var taxes []Tax
	if at := int(l.InvoicePosition) - 1; at < len(invoice.Lines) {
		invoice.Lines[at].Credited.Quantity -= l.Quantity
		invoice.Lines[at].Credited.Net -= l.Net
		taxes = invoice.Lines[at].Taxes
	} else if at -= len(invoice.Lines); at < len(invoice.Charges) {
		invoice.Charges[at].Credited -= l.Net
		taxes = invoice.Charges[at].Taxes
	}
	for at := range min(len(taxes), len(l.Taxes)) { // the line has its taxes in the order of the position's
		taxes[at].Credited -= l.Taxes[at].Amount
	}
}
