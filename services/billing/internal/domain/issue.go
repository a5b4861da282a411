package domain

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/money"
)

// Ledger is an account of the general ledger.
type Ledger string

// The accounts to which an invoice is posted. The subject of an entry says for whom or where.
const (
	Receivable      Ledger = "RECEIVABLE"       // subject: the customer
	RevenueGoods    Ledger = "REVENUE_GOODS"    // subject: empty
	RevenueServices Ledger = "REVENUE_SERVICES" // subject: empty; freight and fees
	TaxPayable      Ledger = "TAX_PAYABLE"      // subject: the jurisdiction
)

// Journal is a balanced posting: the sum of its debits is the sum of its credits. It never changes.
type Journal struct {
	ID      uuid.UUID
	Entries []Entry
}

// Entry is one line of a journal; one of its amounts is zero.
type Entry struct {
	Ledger        Ledger
	Subject       string
	Debit, Credit money.Minor
}

// ReasonTaxAnswerInvalid says that the engine answered for other lines than it was asked for.
const ReasonTaxAnswerInvalid = "TAX_ANSWER_INVALID"

// SetTaxes writes the engine's answer on the invoice, position by position, as it is.
func (i *Invoice) SetTaxes(taxes map[int32][]Tax) error {
	if len(taxes) != len(i.Lines) {
		return fault.New(fault.Invalid, ReasonTaxAnswerInvalid, "the engine taxed %d of %d lines", len(taxes), len(i.Lines))
	}
	i.Tax = 0
	for at := range i.Lines {
		line := &i.Lines[at]
		answer, ok := taxes[line.Position]
		if !ok {
			return fault.New(fault.Invalid, ReasonTaxAnswerInvalid, "the engine left out line %d", line.Position)
		}
		line.Taxes, line.Tax = answer, 0
		for _, tax := range answer {
			if tax.Amount < 0 {
				return fault.New(fault.Invalid, ReasonTaxAnswerInvalid, "the engine taxed line %d below zero", line.Position)
			}
			var err error
			if line.Tax, err = money.Add(line.Tax, tax.Amount); err != nil {
				return fault.New(fault.Invalid, ReasonTaxAnswerInvalid, "the tax of line %d is too large", line.Position)
			}
		}
		var err error
		if i.Tax, err = money.Add(i.Tax, line.Tax); err != nil {
			return fault.New(fault.Invalid, ReasonTaxAnswerInvalid, "the tax is too large")
		}
	}
	if _, err := money.Add(i.Net, i.Tax); err != nil {
		return fault.New(fault.Invalid, ReasonTaxAnswerInvalid, "the total is too large")
	}
	return nil
}

// Issue makes the invoice final under its number: due date, journal, and its part of the exposure becomes receivable. An
// invoice of nothing is issued too, with a journal without entries.
func (b *Book) Issue(invoice *Invoice, number int64, journal uuid.UUID, now time.Time) error {
	credit := b.credits[invoice.Account]
	if credit == nil {
		return fmt.Errorf("invoice %s: no credit row of account %s", invoice.ID, invoice.Account)
	}
	notInvoiced, openOrders := money.Minor(0), -invoice.OpenOrders
	if invoice.Counted {
		notInvoiced, openOrders = -invoice.NotInvoiced, 0
	}
	if err := credit.move(invoice.Total(), notInvoiced, openOrders); err != nil {
		return err
	}
	invoice.State, invoice.Number, invoice.IssuedAt = Issued, number, now
	year, month, day := now.UTC().Date()
	invoice.DueDate = time.Date(year, month, day+invoice.PaymentDays, 0, 0, 0, 0, time.UTC)
	invoice.Journal = &Journal{ID: journal, Entries: invoice.entries()}
	invoice.Deferred = ""
	invoice.EventSequence++
	return nil
}

func (i *Invoice) entries() []Entry {
	var goods, services money.Minor
	var jurisdictions []string
	taxes := map[string]money.Minor{}
	for _, line := range i.Lines {
		if line.Service {
			services += line.Net
		} else {
			goods += line.Net
		}
		for _, tax := range line.Taxes {
			if _, seen := taxes[tax.Jurisdiction]; !seen {
				jurisdictions = append(jurisdictions, tax.Jurisdiction)
			}
			taxes[tax.Jurisdiction] += tax.Amount
		}
	}
	var entries []Entry
	add := func(entry Entry) {
		if entry.Debit != 0 || entry.Credit != 0 {
			entries = append(entries, entry)
		}
	}
	add(Entry{Ledger: Receivable, Subject: string(i.Account), Debit: i.Total()})
	add(Entry{Ledger: RevenueGoods, Credit: goods})
	add(Entry{Ledger: RevenueServices, Credit: services})
	for _, jurisdiction := range jurisdictions {
		add(Entry{Ledger: TaxPayable, Subject: jurisdiction, Credit: taxes[jurisdiction]})
	}
	return entries
}

// Defer notes that the invoice's tax could not be had: it weighs as shipped and not invoiced from now on. It reports
// whether that is news: the first time, or another reason than before. Only news change the invoice itself.
func (b *Book) Defer(invoice *Invoice, reason string) (news bool, err error) {
	invoice.Attempts++
	news = !invoice.Counted || invoice.Deferred != reason
	if !invoice.Counted {
		credit := b.credits[invoice.Account]
		if credit == nil {
			return false, fmt.Errorf("invoice %s: no credit row of account %s", invoice.ID, invoice.Account)
		}
		if err := credit.move(0, invoice.NotInvoiced, -invoice.OpenOrders); err != nil {
			return false, err
		}
		invoice.Counted = true
	}
	if news {
		invoice.Deferred = reason
		invoice.EventSequence++
	}
	return news, nil
}

// InvoiceNumber writes the number on the paper: "INV-MAIN-00000001".
func InvoiceNumber(legalEntity string, number int64) string {
	return fmt.Sprintf("INV-%s-%08d", legalEntity, number)
}
