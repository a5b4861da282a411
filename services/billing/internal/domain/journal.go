package domain

import (
	"slices"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/money"
)

// Ledger is an account of the general ledger.
type Ledger string

// The accounts to which invoices, credit memos, payments and write-offs are posted. The subject of an entry says for whom or where.
const (
	Receivable      Ledger = "RECEIVABLE"       // subject: the customer
	RevenueGoods    Ledger = "REVENUE_GOODS"    // subject: empty
	RevenueServices Ledger = "REVENUE_SERVICES" // subject: empty; services, fees
	FreightIncome   Ledger = "FREIGHT"          // subject: empty
	RestockingFees  Ledger = "RESTOCKING_FEES"  // subject: empty; what is kept of credits
	TaxPayable      Ledger = "TAX_PAYABLE"      // subject: the jurisdiction
	Cash            Ledger = "CASH"             // subject: empty
	BadDebt         Ledger = "BAD_DEBT"         // subject: empty; what was given up
	// ExchangeDifferences holds realised gains on its credit side and losses on its debit side, in the base currency alone;
	// subject: empty.
	ExchangeDifferences Ledger = "EXCHANGE_DIFFERENCE"
)

// Journal is a balanced posting: the sum of its debits is the sum of its credits, in the document's currency and in the
// base currency. It never changes.
type Journal struct {
	ID      uuid.UUID
	Terms   BaseTerms
	Entries []Entry
}

// Entry is one line of a journal; of its amounts either the debits or the credits are zero.
type Entry struct {
	Ledger                Ledger
	Subject               string
	Debit, Credit         money.Minor
	BaseDebit, BaseCredit money.Minor
}

// BaseTerms are the currency in which a legal entity keeps its books, and what one unit of the document's currency is in it.
type BaseTerms struct {
	Currency string
	Rate     money.ExchangeRate
}

// Base is a document in the base currency of its legal entity.
type Base struct {
	BaseTerms
	Net, Tax money.Minor
}

// Postings are the entries of a journal as they are collected: one per ledger and subject, in the order in which they
// first came. The amount of an entry is below zero for a debit.
type Postings struct{ entries []posting }

type posting struct {
	ledger  Ledger
	subject string
	amount  money.Minor
}

// Credit adds an amount to the credit side; below zero it lowers it.
func (p *Postings) Credit(ledger Ledger, subject string, amount money.Minor) {
	if amount == 0 {
		return
	}
	at := slices.IndexFunc(p.entries, func(entry posting) bool { return entry.ledger == ledger && entry.subject == subject })
	if at < 0 {
		p.entries = append(p.entries, posting{ledger: ledger, subject: subject})
		at = len(p.entries) - 1
	}
	p.entries[at].amount += amount
}

// Debit adds an amount to the debit side.
func (p *Postings) Debit(ledger Ledger, subject string, amount money.Minor) {
	p.Credit(ledger, subject, -amount)
}

func (p *Postings) creditTaxes(taxes []Tax) {
	for _, tax := range taxes {
		p.Credit(TaxPayable, tax.Jurisdiction, tax.Amount)
	}
}

// NewJournal makes a journal of postings that balance. The sum of one side is converted to the base currency, rounded
// once, and spread over the entries of each side by largest remainder, so that they balance there too. Debits come first.
func NewJournal(id uuid.UUID, currency string, terms BaseTerms, mode money.Rounding, postings Postings) (*Journal, error) {
	journal := &Journal{ID: id, Terms: terms}
	entries := slices.DeleteFunc(slices.Clone(postings.entries), func(entry posting) bool { return entry.amount == 0 })
	slices.SortStableFunc(entries, func(a, b posting) int { return boolOrder(a.amount < 0, b.amount < 0) })
	debits := slices.IndexFunc(entries, func(entry posting) bool { return entry.amount > 0 })
	if debits < 0 {
		debits = len(entries)
	}
	for _, entry := range entries {
		journal.Entries = append(journal.Entries, Entry{
			Ledger: entry.ledger, Subject: entry.subject, Debit: max(-entry.amount, 0), Credit: max(entry.amount, 0),
		})
	}
	left := make([]int64, debits)
	right := make([]int64, len(entries)-debits)
	var sum money.Minor
	for i := range left {
		left[i] = journal.Entries[i].Debit
		var err error
		if sum, err = money.Add(sum, left[i]); err != nil {
			return nil, err
		}
	}
	for i := range right {
		right[i] = journal.Entries[debits+i].Credit
	}
	base, err := terms.Rate.Convert(sum, currency, terms.Currency, mode)
	if err != nil {
		return nil, err
	}
	for i, part := range money.Allocate(base, left) {
		journal.Entries[i].BaseDebit = part
	}
	for i, part := range money.Allocate(base, right) {
		journal.Entries[debits+i].BaseCredit = part
	}
	return journal, nil
}

func boolOrder(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// base is the document whose total is posted to a ledger, in the base currency.
func (j *Journal) base(total Ledger) Base {
	base := Base{BaseTerms: j.Terms}
	for _, entry := range j.Entries {
		amount := entry.BaseDebit + entry.BaseCredit
		if entry.Ledger == total {
			base.Net += amount
		}
		if entry.Ledger == TaxPayable {
			base.Tax += amount
			base.Net -= amount
		}
	}
	return base
}
