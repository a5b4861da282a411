package domain

import (
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/money"
)

// MemoPending means that a credit memo waits for its tax or its exchange rate. An issued one is Issued.
const MemoPending State = "PENDING"

// Memo is a credit memo: what a customer gets back, of invoices or without reference to one.
type Memo struct {
	ID uuid.UUID
	// Return and Order are what it is for; nil where there is none.
	Return, Order uuid.UUID
	Partner       string
	// Account is owed it, SoldTo ordered.
	Account, SoldTo AccountID
	LegalEntity     string
	Currency        string
	Rounding        money.Rounding
	TaxMode         money.TaxLevel
	// Jurisdiction is where the lines without reference are taxed.
	Jurisdiction string
	State        State
	Lines        []MemoLine
	// Net is the sum of the lines before fees and tax.
	Net, Fee, Tax money.Minor
	// Applied is what of it settles invoices; Applications says which.
	Applied      money.Minor
	Applications []Application
	// Refunded is what of it a provider pays out, or has; PaidOut what it has.
	Refunded, PaidOut money.Minor
	Reason            string
	EventSequence     int64
	// Deferred is why it is not issued; empty when it was not tried yet, or is. Attempts counts the failures since.
	Deferred string
	Attempts int64
	// Discarded: its draft is thrown away.
	Discarded Discarded

	// Set when it is issued.
	Number   int64
	Document string
	Base     Base
	IssuedAt time.Time
	Journal  *Journal
}

// MemoLine is one line of a credit memo.
type MemoLine struct {
	Position int32
	// Invoice and InvoicePosition say what it credits; nil and 0 without reference.
	Invoice         uuid.UUID
	InvoicePosition int32
	ShipmentLine    string
	Item            CreditedItem
	// Quantity is 0 for a price adjustment.
	Quantity int64
	TaxClass string
	// Ledger is where its revenue was.
	Ledger Ledger
	// Net is before the fee that is kept of it.
	Net, Fee, Tax money.Minor
	Taxes         []Tax
}

// CreditedItem is what a line of a credit memo is about, in words.
type CreditedItem struct {
	SKU, Description, Unit string
	Scale                  int
	// UnitPrice is the price that was agreed without reference, as it was written.
	UnitPrice string
}

// Application is what of a credit memo settles an invoice.
type Application struct {
	Invoice uuid.UUID
	Amount  money.Minor
}

// Total is what the customer gets back.
func (m *Memo) Total() money.Minor { return m.Net - m.Fee + m.Tax }

// Unapplied is what of it settles no invoice yet, and is not paid out.
func (m *Memo) Unapplied() money.Minor { return m.Total() - m.Applied - m.Refunded }

// Used is what of it settles invoices or is paid out: what is posted against it.
func (m *Memo) Used() money.Minor { return m.Applied + m.PaidOut }

// Untaxed says whether the tax engine must be asked: for lines without reference.
func (m *Memo) Untaxed() bool {
	for i := range m.Lines {
		if m.Lines[i].free() {
			return true
		}
	}
	return false
}

func (l *MemoLine) free() bool { return l.InvoicePosition == 0 }

// FreeLines are the lines without reference.
func (m *Memo) FreeLines() []*MemoLine {
	var free []*MemoLine
	for i := range m.Lines {
		if m.Lines[i].free() {
			free = append(free, &m.Lines[i])
		}
	}
	return free
}

// SetTaxes writes the engine's answer on the lines without reference.
func (m *Memo) SetTaxes(taxes map[int32][]Tax) error {
	for _, line := range m.FreeLines() {
		var err error
		if line.Taxes, line.Tax, err = answerFor(taxes, line.Position); err != nil {
			return err
		}
	}
	return m.sum()
}

// sum adds the lines up.
func (m *Memo) sum() error {
	m.Net, m.Fee, m.Tax = 0, 0, 0
	var err error
	for i := range m.Lines {
		line := &m.Lines[i]
		if m.Net, err = money.Add(m.Net, line.Net); err != nil {
			return tooLarge(m.Account)
		}
		m.Fee += line.Fee // at most the net amount
		if m.Tax, err = money.Add(m.Tax, line.Tax); err != nil {
			return tooLarge(m.Account)
		}
	}
	if _, err := money.Add(m.Net, m.Tax); err != nil {
		return tooLarge(m.Account)
	}
	return nil
}

// IssueMemo makes the credit memo final under its number: its journal turns back that of the invoice, and it is open credit
// of the account. Then it is applied to the invoices that it credits, as far as they are owed.
func (b *Book) IssueMemo(memo *Memo, as Issuing) error {
	credit, err := b.creditOf(memo.ID, memo.Account)
	if err != nil {
		return err
	}
	if err := credit.move(change{openCredit: memo.Total()}); err != nil {
		return err
	}
	journal, err := NewJournal(as.Journal, memo.Currency, as.Terms, memo.Rounding, memo.postings())
	if err != nil {
		return err
	}
	memo.State, memo.Number, memo.Document, memo.IssuedAt = Issued, as.Number, as.Document, as.Now
	memo.Journal, memo.Base = journal, journal.base(Receivable)
	memo.Deferred = ""
	memo.EventSequence++
	for _, part := range memo.byInvoice() {
		if err := b.apply(memo, b.invoices[part.Invoice], part.Amount); err != nil {
			return err
		}
	}
	return nil
}

func (m *Memo) postings() Postings {
	postings := Postings{}
	for i := range m.Lines {
		postings.Debit(m.Lines[i].Ledger, "", m.Lines[i].Net)
	}
	for i := range m.Lines {
		for _, tax := range m.Lines[i].Taxes {
			postings.Debit(TaxPayable, tax.Jurisdiction, tax.Amount)
		}
	}
	postings.Credit(Receivable, string(m.Account), m.Total())
	postings.Credit(RestockingFees, "", m.Fee)
	return postings
}

// byInvoice is what the memo gives back of each invoice, in the order of its lines.
func (m *Memo) byInvoice() []Application {
	var parts []Application
	at := map[uuid.UUID]int{}
	for i := range m.Lines {
		line := &m.Lines[i]
		if line.free() {
			continue
		}
		if _, seen := at[line.Invoice]; !seen {
			at[line.Invoice] = len(parts)
			parts = append(parts, Application{Invoice: line.Invoice})
		}
		parts[at[line.Invoice]].Amount += line.Net - line.Fee + line.Tax
	}
	return parts
}

// apply settles an invoice with as much of the memo as both have left, at most the given amount.
func (b *Book) apply(memo *Memo, invoice *Invoice, atMost money.Minor) error {
	if invoice == nil {
		return nil
	}
	amount := min(atMost, memo.Unapplied(), invoice.BalanceDue())
	if amount <= 0 {
		return nil
	}
	if err := b.Settle(invoice, ByCredit, amount); err != nil {
		return err
	}
	if err := b.credits[memo.Account].move(change{openCredit: -amount}); err != nil {
		return err
	}
	memo.Applied += amount
	memo.Applications = append(memo.Applications, Application{Invoice: invoice.ID, Amount: amount})
	b.exchange(invoice, memo.ID, memo.Worth(), memo.Used(), amount)
	return nil
}
