package domain

import (
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/money"
)

// ReasonTaxAnswerInvalid says that the engine answered for other lines than it was asked for.
const ReasonTaxAnswerInvalid = "TAX_ANSWER_INVALID"

// SetTaxes writes the engine's answer on the invoice, position by position, as it is.
func (i *Invoice) SetTaxes(taxes map[int32][]Tax) error {
	i.Tax = 0
	asked := 0
	for at := range i.Lines {
		line := &i.Lines[at]
		var err error
		if line.Taxes, line.Tax, err = answerFor(taxes, line.Position); err != nil {
			return err
		}
		if i.Tax, err = money.Add(i.Tax, line.Tax); err != nil {
			return taxTooLarge()
		}
		asked++
	}
	for at := range i.Charges {
		charge := &i.Charges[at]
		if charge.Type == Discount {
			continue // taxed with the lines
		}
		var err error
		if charge.Taxes, charge.Tax, err = answerFor(taxes, charge.Position); err != nil {
			return err
		}
		if i.Tax, err = money.Add(i.Tax, charge.Tax); err != nil {
			return taxTooLarge()
		}
		asked++
	}
	if len(taxes) != asked {
		return fault.New(fault.Invalid, ReasonTaxAnswerInvalid, "the engine taxed %d of %d lines", len(taxes), asked)
	}
	if _, err := money.Add(i.Net, i.Tax); err != nil {
		return taxTooLarge()
	}
	return nil
}

// answerFor is what the engine says of one position, with its sum.
func answerFor(taxes map[int32][]Tax, position int32) ([]Tax, money.Minor, error) {
	answer, ok := taxes[position]
	if !ok {
		return nil, 0, fault.New(fault.Invalid, ReasonTaxAnswerInvalid, "the engine left out line %d", position)
	}
	var sum money.Minor
	for _, tax := range answer {
		if tax.Amount < 0 {
			return nil, 0, fault.New(fault.Invalid, ReasonTaxAnswerInvalid, "the engine taxed line %d below zero", position)
		}
		var err error
		if sum, err = money.Add(sum, tax.Amount); err != nil {
			return nil, 0, taxTooLarge()
		}
	}
	return answer, sum, nil
}

func taxTooLarge() error {
	return fault.New(fault.Invalid, ReasonTaxAnswerInvalid, "the tax is too large")
}

// Issuing is what a document gets when it becomes final.
type Issuing struct {
	// Number counts in its series without gaps; Document is how it is written.
	Number   int64
	Document string
	Journal  uuid.UUID
	Terms    BaseTerms
	Now      time.Time
}

// Issue makes the invoice final under its number: due date, journal, and its part of the exposure becomes receivable. An
// invoice of nothing is issued too, with a journal without entries, and is settled at once.
func (b *Book) Issue(invoice *Invoice, as Issuing) error {
	credit, err := b.creditOf(invoice.ID, invoice.Account)
	if err != nil {
		return err
	}
	by := change{receivable: invoice.Total(), openOrders: -invoice.OpenOrders}
	if invoice.Counted {
		by.notInvoiced, by.openOrders = -invoice.NotInvoiced, 0
	}
	if err := credit.move(by); err != nil {
		return err
	}
	journal, err := NewJournal(as.Journal, invoice.Currency, as.Terms, invoice.Rounding, invoice.postings())
	if err != nil {
		return err
	}
	invoice.State, invoice.Number, invoice.Document, invoice.IssuedAt = Issued, as.Number, as.Document, as.Now
	year, month, day := as.Now.UTC().Date()
	invoice.DueDate = time.Date(year, month, day+invoice.PaymentDays, 0, 0, 0, 0, time.UTC)
	invoice.Journal, invoice.Base = journal, journal.base(Receivable)
	invoice.Deferred = ""
	invoice.EventSequence++
	invoice.settle(ByCash)
	return nil
}

func (i *Invoice) postings() Postings {
	postings := Postings{}
	postings.Debit(Receivable, string(i.Account), i.Total())
	for at := range i.Lines {
		line := &i.Lines[at]
		postings.Credit(revenueOf(line.Service), "", line.Taxable())
	}
	for _, charge := range i.Charges {
		switch charge.Type {
		case Freight:
			postings.Credit(FreightIncome, "", charge.Net)
		case Fee:
			postings.Credit(RevenueServices, "", charge.Net)
		case Discount: // it has lowered the lines
		}
	}
	for at := range i.Lines {
		postings.creditTaxes(i.Lines[at].Taxes)
	}
	for _, charge := range i.Charges {
		postings.creditTaxes(charge.Taxes)
	}
	return postings
}

func revenueOf(service bool) Ledger {
	if service {
		return RevenueServices
	}
	return RevenueGoods
}

// Defer notes that the invoice's tax could not be had: it weighs as shipped and not invoiced from now on. It reports
// whether that is news: the first time, or another reason than before. Only news change the invoice itself.
func (b *Book) Defer(invoice *Invoice, reason string) (news bool, err error) {
	invoice.Attempts++
	news = !invoice.Counted || invoice.Deferred != reason
	if err := b.count(invoice); err != nil {
		return false, err
	}
	if news {
		invoice.Deferred = reason
		invoice.EventSequence++
	}
	return news, nil
}

// count lets the credit row weigh a draft as shipped and not invoiced, instead of as open order.
func (b *Book) count(invoice *Invoice) error {
	if invoice.Counted {
		return nil
	}
	credit, err := b.creditOf(invoice.ID, invoice.Account)
	if err != nil {
		return err
	}
	if err := credit.move(change{notInvoiced: invoice.NotInvoiced, openOrders: -invoice.OpenOrders}); err != nil {
		return err
	}
	invoice.Counted = true
	return nil
}
