package domain

import (
	"fmt"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/money"
)

// Reasons for which something cannot be credited.
const (
	// ReasonExceedsInvoiced refuses to credit more of an invoice line than was invoiced and is not credited yet.
	ReasonExceedsInvoiced = "EXCEEDS_INVOICED"
	// ReasonInvoiceUnknown: there is no such invoice, or no such position on it.
	ReasonInvoiceUnknown = "INVOICE_UNKNOWN"
	// ReasonInvoicePending: the invoice is not issued yet.
	ReasonInvoicePending = "INVOICE_PENDING"
	// ReasonInvoicesDiffer: a credit memo is for one account, company and currency.
	ReasonInvoicesDiffer = "INVOICES_DIFFER"
)

// CreditWant is one line that is to be credited: a quantity or an amount of an invoice's position, or something without
// reference at an agreed price.
type CreditWant struct {
	Invoice  uuid.UUID
	Position int32
	// Quantity is credited at the invoice's price; with Invoice, 0 means that Amount before tax is credited instead.
	Quantity int64
	Amount   money.Minor
	// AtMost credits what there is when Quantity is more.
	AtMost bool
	// FeeBP is what is kept of the amount, in parts per ten thousand.
	FeeBP int32

	// Without reference: what it is, its price per unit, its tax class, and whether it is a service.
	Item     CreditedItem
	Price    money.Price
	TaxClass string
	Service  bool
}

// Credit adds a line to the memo and takes it off the invoice's position, so that what is credited of it never exceeds what
// was invoiced. A part is credited as its share of what is not credited yet, before tax and of each tax: whatever the
// parts, together they give back exactly what the position says. Added is false when nothing was left of it.
// Faults: INVOICE_UNKNOWN, INVOICE_PENDING, EXCEEDS_INVOICED, INVOICES_DIFFER.
func (b *Book) Credit(memo *Memo, want CreditWant) (added bool, err error) {
	line := MemoLine{
		Position: int32(len(memo.Lines) + 1), Invoice: want.Invoice, InvoicePosition: want.Position, Quantity: want.Quantity, Item: want.Item,
	}
	if want.Position == 0 {
		err = line.agree(memo, want)
	} else {
		err = b.takeBack(memo, &line, want)
	}
	if err != nil || want.Position != 0 && line.Quantity == 0 && line.Net == 0 {
		return false, err
	}
	if line.Fee, err = money.Share(line.Net, int64(want.FeeBP), 10_000, memo.Rounding); err != nil {
		return false, err
	}
	memo.Lines = append(memo.Lines, line)
	return true, memo.sum()
}

// agree prices a line without reference. Its tax comes from the engine.
func (l *MemoLine) agree(memo *Memo, want CreditWant) error {
	var err error
	l.Net, err = money.Extend(want.Price, want.Quantity, want.Item.Scale, memo.Currency, memo.Rounding)
	l.TaxClass, l.Ledger = want.TaxClass, revenueOf(want.Service)
	return err
}

// takeBack credits a position of an invoice.
func (b *Book) takeBack(memo *Memo, line *MemoLine, want CreditWant) error {
	invoice := b.invoices[want.Invoice]
	switch {
	case invoice == nil:
		return fault.New(fault.NotFound, ReasonInvoiceUnknown, "there is no invoice %s", want.Invoice)
	case invoice.State != Issued:
		return fault.New(fault.Unavailable, ReasonInvoicePending, "the invoice is not issued yet; try again")
	case invoice.Account != memo.Account || invoice.LegalEntity != memo.LegalEntity || invoice.Currency != memo.Currency:
		return fault.New(fault.Precondition, ReasonInvoicesDiffer, "invoice %s is of another account, company or currency", invoice.Document)
	}
	b.touchCredited(invoice)
	if at := int(want.Position) - 1; at < len(invoice.Lines) {
		return line.takeLine(&invoice.Lines[at], want, invoice.Rounding)
	} else if at -= len(invoice.Lines); at < len(invoice.Charges) && invoice.Charges[at].Type != Discount && want.Quantity == 0 {
		return line.takeCharge(&invoice.Charges[at], want, invoice.Rounding)
	}
	return fault.New(fault.Invalid, ReasonInvoiceUnknown, "invoice %s has nothing at position %d that can be credited so",
		invoice.Document, want.Position)
}

func (l *MemoLine) takeLine(from *InvoiceLine, want CreditWant, mode money.Rounding) error {
	l.ShipmentLine, l.TaxClass, l.Ledger = from.ShipmentLine, from.TaxClass, revenueOf(from.Service)
	left := from.Taxable() - from.Credited.Net
	if want.Quantity == 0 {
		return l.takeAmount(from.Taxes, &from.Credited.Net, left, want.Amount, mode)
	}
	units := from.Quantity - from.Credited.Quantity
	if want.AtMost {
		l.Quantity = min(want.Quantity, units)
	}
	if l.Quantity > units {
		return fault.New(fault.Precondition, ReasonExceedsInvoiced, "%d base units of the line are not credited yet, not %d",
			units, l.Quantity)
	}
	if l.Quantity == 0 {
		return nil
	}
	from.Credited.Quantity += l.Quantity
	return l.take(from.Taxes, &from.Credited.Net, left, l.Quantity, units, mode)
}

func (l *MemoLine) takeCharge(from *InvoiceCharge, want CreditWant, mode money.Rounding) error {
	l.TaxClass, l.Ledger = from.TaxClass, RevenueServices
	if from.Type == Freight {
		l.Ledger = FreightIncome
	}
	return l.takeAmount(from.Taxes, &from.Credited, from.Net-from.Credited, want.Amount, mode)
}

// takeAmount credits an amount of what is left, and the same share of each tax.
func (l *MemoLine) takeAmount(taxes []Tax, credited *money.Minor, left, amount money.Minor, mode money.Rounding) error {
	if amount <= 0 || amount > left {
		return fault.New(fault.Precondition, ReasonExceedsInvoiced, "%d minor units of the line are not credited yet, not %d", left, amount)
	}
	return l.take(taxes, credited, left, amount, left, mode)
}

// take credits a part of a whole, both of what is not credited yet.
func (l *MemoLine) take(taxes []Tax, credited *money.Minor, left money.Minor, part, whole int64, mode money.Rounding) error {
	var err error
	if l.Net, err = money.Share(left, part, whole, mode); err != nil {
		return err
	}
	*credited += l.Net
	for i := range taxes {
		tax := taxes[i]
		amount, err := money.Share(tax.Amount-tax.Credited, part, whole, mode)
		if err != nil {
			return err
		}
		taxes[i].Credited += amount
		l.Tax += amount
		l.Taxes = append(l.Taxes, Tax{Jurisdiction: tax.Jurisdiction, Name: tax.Name, Rate: tax.Rate, Amount: amount})
	}
	return nil
}

// CreditedInvoices are the invoices of which more is credited now.
func (b *Book) CreditedInvoices() []*Invoice { return b.creditedInvoices }

func (b *Book) touchCredited(invoice *Invoice) {
	for _, known := range b.creditedInvoices {
		if known == invoice {
			return
		}
	}
	b.creditedInvoices = append(b.creditedInvoices, invoice)
}

// ApplyMemo settles an invoice with what of an issued memo is not applied: the given amount, or as much as both have left
// when it is 0. It returns how much. Faults: MEMO_PENDING, INVOICES_DIFFER, INVOICE_PENDING, EXCEEDS_UNAPPLIED,
// EXCEEDS_BALANCE_DUE.
func (b *Book) ApplyMemo(memo *Memo, invoice *Invoice, amount money.Minor) (money.Minor, error) {
	switch {
	case memo.State != Issued:
		return 0, fault.New(fault.Precondition, ReasonMemoPending, "the credit memo is not issued yet")
	case invoice.State != Issued:
		return 0, fault.New(fault.Precondition, ReasonInvoicePending, "the invoice is not issued yet")
	case invoice.Account != memo.Account || invoice.LegalEntity != memo.LegalEntity || invoice.Currency != memo.Currency:
		return 0, fault.New(fault.Precondition, ReasonInvoicesDiffer, "the invoice is of another account, company or currency")
	case amount > memo.Unapplied():
		return 0, fault.New(fault.Precondition, ReasonExceedsUnapplied, "%d minor units of the credit memo are not applied, not %d",
			memo.Unapplied(), amount)
	case amount > invoice.BalanceDue():
		return 0, fault.New(fault.Precondition, ReasonExceedsBalance, "invoice %s owes %d minor units, not %d",
			invoice.Document, invoice.BalanceDue(), amount)
	}
	if _, err := b.creditOf(memo.ID, memo.Account); err != nil {
		return 0, err
	}
	if amount == 0 {
		amount = min(memo.Unapplied(), invoice.BalanceDue())
	}
	before := memo.Applied
	if err := b.apply(memo, invoice, amount); err != nil {
		return 0, fmt.Errorf("apply credit memo %s: %w", memo.ID, err)
	}
	return memo.Applied - before, nil
}

// Reasons for which a credit memo cannot be applied.
const (
	ReasonMemoPending      = "CREDIT_MEMO_PENDING"
	ReasonExceedsUnapplied = "EXCEEDS_UNAPPLIED"
)
