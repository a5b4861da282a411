package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/shard"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
)

// Reserve takes the next amount numbers of a legal entity and returns the first of them. Other transactions that take
// numbers of it wait or run again, which is what leaves no gaps.
func Reserve(ctx context.Context, tx database.Transaction, legalEntity string, amount int) (int64, error) {
	last, err := New(tx).TakeNumbers(ctx, TakeNumbersParams{LegalEntity: legalEntity, Amount: int64(amount)})
	if err != nil {
		return 0, fmt.Errorf("take invoice numbers: %w", err)
	}
	return last - int64(amount) + 1, nil
}

// StillPending locks the queue's rows of the invoices and tells which are there yet.
func StillPending(ctx context.Context, tx database.Transaction, invoices []*domain.Invoice) (map[uuid.UUID]bool, error) {
	ids, shards := queueKeys(invoices)
	rows, err := New(tx).LockPending(ctx, LockPendingParams{Shards: shards, InvoiceIds: ids})
	if err != nil {
		return nil, fmt.Errorf("lock pending invoices: %w", err)
	}
	still := make(map[uuid.UUID]bool, len(rows))
	for _, id := range rows {
		still[id] = true
	}
	return still, nil
}

// queueKeys are the keys of the invoices in the queue, a slice per column.
func queueKeys(invoices []*domain.Invoice) (ids []uuid.UUID, shards []int64) {
	for _, invoice := range invoices {
		ids = append(ids, invoice.ID)
		shards = append(shards, int64(shard.OfUUID(invoice.ID)))
	}
	return ids, shards
}

// SaveInvoices stores what issuing has made of the invoices: numbers, taxes, journals. They leave the queue.
func SaveInvoices(ctx context.Context, tx database.Transaction, invoices []*domain.Invoice, now time.Time) error {
	heads := SaveIssuedParams{IssuedAt: now}
	for _, invoice := range invoices {
		heads.InvoiceIds = append(heads.InvoiceIds, invoice.ID)
		heads.Taxes = append(heads.Taxes, invoice.Tax)
		heads.EventSequences = append(heads.EventSequences, invoice.EventSequence)
		heads.Numbers = append(heads.Numbers, invoice.Number)
		heads.DocumentNumbers = append(heads.DocumentNumbers, invoice.Document)
		heads.BaseCurrencies = append(heads.BaseCurrencies, invoice.Base.Currency)
		heads.ExchangeRates = append(heads.ExchangeRates, invoice.Base.Rate.String())
		heads.BaseNets = append(heads.BaseNets, invoice.Base.Net)
		heads.BaseTaxes = append(heads.BaseTaxes, invoice.Base.Tax)
		heads.SettledBys = append(heads.SettledBys, string(invoice.SettledBy))
		heads.DueDates = append(heads.DueDates, invoice.DueDate)
		heads.JournalIds = append(heads.JournalIds, invoice.Journal.ID)
	}
	q := New(tx)
	if err := q.SaveIssued(ctx, heads); err != nil {
		return fmt.Errorf("save invoices: %w", err)
	}
	if err := q.saveTaxes(ctx, invoices); err != nil {
		return err
	}
	if err := SaveJournals(ctx, tx, invoicePostings(invoices), now); err != nil {
		return err
	}
	ids, shards := queueKeys(invoices)
	if err := q.DeletePending(ctx, DeletePendingParams{Shards: shards, InvoiceIds: ids}); err != nil {
		return fmt.Errorf("take invoices off the queue: %w", err)
	}
	return nil
}

func (q *Queries) saveTaxes(ctx context.Context, invoices []*domain.Invoice) error {
	var set InsertInvoiceTaxesParams
	add := func(invoice *domain.Invoice, position int32, taxes []domain.Tax) {
		for ordinal, tax := range taxes {
			set.InvoiceIds = append(set.InvoiceIds, invoice.ID)
			set.Positions = append(set.Positions, int64(position))
			set.Ordinals = append(set.Ordinals, int64(ordinal+1))
			set.Jurisdictions = append(set.Jurisdictions, tax.Jurisdiction)
			set.Names = append(set.Names, tax.Name)
			set.Rates = append(set.Rates, tax.Rate)
			set.Amounts = append(set.Amounts, tax.Amount)
		}
	}
	for _, invoice := range invoices {
		for i := range invoice.Lines {
			add(invoice, invoice.Lines[i].Position, invoice.Lines[i].Taxes)
		}
		for i := range invoice.Charges {
			add(invoice, invoice.Charges[i].Position, invoice.Charges[i].Taxes)
		}
	}
	if len(set.InvoiceIds) == 0 {
		return nil
	}
	if err := q.InsertInvoiceTaxes(ctx, set); err != nil {
		return fmt.Errorf("insert taxes: %w", err)
	}
	return nil
}

// The sources of journals.
const (
	SourceInvoice    = "INVOICE"
	SourceCreditMemo = "CREDIT_MEMO"
	SourcePayment    = "PAYMENT"
	SourceWriteOff   = "WRITE_OFF"
	SourceRefund     = "REFUND"
	SourceExchange   = "EXCHANGE_DIFFERENCE"
)

// Posting is a journal with the document that it posts.
type Posting struct {
	LegalEntity, Currency, Source string
	Document                      uuid.UUID
	*domain.Journal
}

func invoicePostings(invoices []*domain.Invoice) []Posting {
	postings := make([]Posting, 0, len(invoices))
	for _, invoice := range invoices {
		postings = append(postings, Posting{
			LegalEntity: invoice.LegalEntity, Currency: invoice.Currency, Source: SourceInvoice, Document: invoice.ID, Journal: invoice.Journal,
		})
	}
	return postings
}

// SaveJournals stores journals with their entries.
func SaveJournals(ctx context.Context, tx database.Transaction, postings []Posting, now time.Time) error {
	journals := InsertJournalsParams{PostedAt: now}
	var entries InsertEntriesParams
	for _, posting := range postings {
		journals.JournalIds = append(journals.JournalIds, posting.ID)
		journals.LegalEntities = append(journals.LegalEntities, posting.LegalEntity)
		journals.CurrencyCodes = append(journals.CurrencyCodes, posting.Currency)
		journals.BaseCurrencies = append(journals.BaseCurrencies, posting.Terms.Currency)
		journals.ExchangeRates = append(journals.ExchangeRates, posting.Terms.Rate.String())
		journals.Sources = append(journals.Sources, posting.Source)
		journals.SourceIds = append(journals.SourceIds, posting.Document)
		for position, entry := range posting.Entries {
			entries.JournalIds = append(entries.JournalIds, posting.ID)
			entries.Positions = append(entries.Positions, int64(position+1))
			entries.Ledgers = append(entries.Ledgers, string(entry.Ledger))
			entries.Subjects = append(entries.Subjects, entry.Subject)
			entries.Debits = append(entries.Debits, entry.Debit)
			entries.Credits = append(entries.Credits, entry.Credit)
			entries.BaseDebits = append(entries.BaseDebits, entry.BaseDebit)
			entries.BaseCredits = append(entries.BaseCredits, entry.BaseCredit)
		}
	}
	if len(journals.JournalIds) == 0 {
		return nil
	}
	q := New(tx)
	if err := q.InsertJournals(ctx, journals); err != nil {
		return fmt.Errorf("insert journals: %w", err)
	}
	if len(entries.JournalIds) == 0 {
		return nil
	}
	if err := q.InsertEntries(ctx, entries); err != nil {
		return fmt.Errorf("insert journal entries: %w", err)
	}
	return nil
}

// SaveDeferrals stores why the invoices wait on and until when. Told are those of them of which an event was counted.
func SaveDeferrals(
	ctx context.Context, tx database.Transaction, invoices, told []*domain.Invoice, until func(*domain.Invoice) time.Time,
) error {
	ids, shards := queueKeys(invoices)
	set := SaveDeferredParams{InvoiceIds: ids, Shards: shards}
	for _, invoice := range invoices {
		set.DueAts = append(set.DueAts, until(invoice))
		set.Reasons = append(set.Reasons, invoice.Deferred)
		set.Attempts = append(set.Attempts, invoice.Attempts)
	}
	q := New(tx)
	if err := q.SaveDeferred(ctx, set); err != nil {
		return fmt.Errorf("defer invoices: %w", err)
	}
	if len(told) == 0 {
		return nil
	}
	var counted SaveCountedParams
	for _, invoice := range told {
		counted.InvoiceIds = append(counted.InvoiceIds, invoice.ID)
		counted.EventSequences = append(counted.EventSequences, invoice.EventSequence)
	}
	if err := q.SaveCounted(ctx, counted); err != nil {
		return fmt.Errorf("count events: %w", err)
	}
	return nil
}
