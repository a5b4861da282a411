package domain

import (
	"math/big"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/money"
)

// ExchangeDifference is what was gained, or lost, because what settles a part of an invoice was posted at another rate than
// the invoice.
type ExchangeDifference struct {
	// ID and that of the journal are given by the caller.
	ID      uuid.UUID
	Invoice *Invoice
	// Document is the payment or credit memo.
	Document uuid.UUID
	// Gain is in the base currency; below zero a loss.
	Gain    money.Minor
	Journal *Journal
}

// Worth is a document in the base currency, of which parts settle invoices.
type Worth struct {
	Currency string
	// Base is what all of it is, Amount the same in the document's currency.
	Base, Amount money.Minor
}

// at is what a part of the document is in the base currency. Of parts that are taken one after the other each is the
// difference of two of these, so that they add up to the whole, in whatever order.
func (w Worth) at(part money.Minor) money.Minor {
	if part == w.Amount {
		return w.Base
	}
	if w.Amount == 0 {
		return 0
	}
	share := new(big.Int).Mul(big.NewInt(w.Base), big.NewInt(part))
	return share.Quo(share, big.NewInt(w.Amount)).Int64()
}

// Rest is what of the document is left in the base currency when a part of it has settled something.
func (w Worth) Rest(part money.Minor) money.Minor { return w.Base - w.at(part) }

// Worth is the invoice in the base currency.
func (i *Invoice) Worth() Worth {
	return Worth{Currency: i.Base.Currency, Base: i.Base.Net + i.Base.Tax, Amount: i.Total()}
}

// Settled is what of the invoice is settled.
func (i *Invoice) Settled() money.Minor { return i.Cash + i.Credit + i.WrittenOff }

// Worth is the payment in the base currency.
func (p *Payment) Worth() Worth {
	return Worth{Currency: p.BaseCurrency, Base: p.Base, Amount: p.Amount}
}

// Worth is the credit memo in the base currency.
func (m *Memo) Worth() Worth {
	return Worth{Currency: m.Base.Currency, Base: m.Base.Net + m.Base.Tax, Amount: m.Total()}
}

// Exchanged are the exchange differences to store.
func (b *Book) Exchanged() []*ExchangeDifference { return b.exchanged }

// exchange realises the difference after more of a document, or less, settles an invoice: by is what of both has moved. The
// receivables then hold exactly what is left of the two, so that nothing of a settled invoice stays in the base currency.
func (b *Book) exchange(invoice *Invoice, document uuid.UUID, worth Worth, applied, by money.Minor) {
	owed := invoice.Worth()
	if worth.Currency == "" || worth.Currency != owed.Currency {
		return // what is kept in another base currency cannot be compared
	}
	settled := invoice.Settled()
	gain := worth.at(applied) - worth.at(applied-by) - (owed.at(settled) - owed.at(settled-by))
	if gain == 0 {
		return
	}
	invoice.ExchangeGain += gain
	receivable := Entry{Ledger: Receivable, Subject: string(invoice.Account), BaseDebit: max(gain, 0), BaseCredit: max(-gain, 0)}
	difference := Entry{Ledger: ExchangeDifferences, BaseDebit: max(-gain, 0), BaseCredit: max(gain, 0)}
	journal := &Journal{Terms: invoice.Base.BaseTerms, Entries: []Entry{receivable, difference}}
	if gain < 0 {
		journal.Entries[0], journal.Entries[1] = difference, receivable // debits come first
	}
	b.exchanged = append(b.exchanged, &ExchangeDifference{Invoice: invoice, Document: document, Gain: gain, Journal: journal})
}

// inBase posts an amount of two entries, one on each side, with what it is in the base currency.
func (j *Journal) inBase(amount money.Minor) {
	for i := range j.Entries {
		entry := &j.Entries[i]
		if entry.Debit > 0 {
			entry.BaseDebit = amount
		} else {
			entry.BaseCredit = amount
		}
	}
}
