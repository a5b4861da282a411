package store

import (
	"context"
	"fmt"
	"time"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/services/billing/internal/domain"
)

// KeepExchangeDifferences stores exchange differences with their journals.
func KeepExchangeDifferences(ctx context.Context, tx database.Transaction, differences []*domain.ExchangeDifference, now time.Time) error {
	if len(differences) == 0 {
		return nil
	}
	set := AddExchangeDifferencesParams{RealisedAt: now}
	postings := make([]Posting, 0, len(differences))
	for _, difference := range differences {
		set.ExchangeDifferenceIds = append(set.ExchangeDifferenceIds, difference.ID)
		set.InvoiceIds = append(set.InvoiceIds, difference.Invoice.ID)
		set.DocumentIds = append(set.DocumentIds, difference.Document)
		set.BaseGains = append(set.BaseGains, difference.Gain)
		set.JournalIds = append(set.JournalIds, difference.Journal.ID)
		postings = append(postings, Posting{
			LegalEntity: difference.Invoice.LegalEntity, Currency: difference.Invoice.Currency, Source: SourceExchange,
			Document: difference.ID, Journal: difference.Journal,
		})
	}
	if err := New(tx).AddExchangeDifferences(ctx, set); err != nil {
		return fmt.Errorf("add exchange differences: %w", err)
	}
	return SaveJournals(ctx, tx, postings, now)
}

// BaseBooks names the receivables of an account in a currency, in the books of a base currency.
type BaseBooks struct{ LegalEntity, Account, Currency, Base string }

// BaseReceivable is a part of the receivables in the base currency: what is posted, or a document of which a part is settled.
type BaseReceivable struct {
	BaseBooks
	Posted bool
	// Sign is −1 for what lowers the receivables. Worth is what is posted where that is meant.
	Sign    int64
	Worth   domain.Worth
	Settled int64
}

// EachBaseReceivable goes over what is posted to the receivables, and over the documents that it is the sum of, in one
// statement.
func EachBaseReceivable(ctx context.Context, db DBTX, visit func(BaseReceivable)) error {
	rows, err := db.Query(ctx, `
SELECT true, 1::int8, journal.legal_entity, entry.subject, journal.currency_code, journal.base_currency_code,
       sum(entry.base_debit_minor - entry.base_credit_minor)::int8, 0::int8, 0::int8
FROM journal_entry AS entry JOIN journal ON journal.journal_id = entry.journal_id
WHERE entry.ledger = 'RECEIVABLE'
GROUP BY journal.legal_entity, entry.subject, journal.currency_code, journal.base_currency_code
UNION ALL
SELECT false, 1::int8, legal_entity, account_id, currency_code, base_currency_code, base_net_minor + base_tax_minor,
       net_minor + tax_minor, applied_cash_minor + applied_credit_minor + written_off_minor
FROM invoice WHERE state = 'ISSUED'
UNION ALL
SELECT false, -1::int8, legal_entity, account_id, currency_code, base_currency_code, base_net_minor + base_tax_minor,
       net_minor - fee_minor + tax_minor, applied_minor + paid_out_minor
FROM credit_memo WHERE state = 'ISSUED'
UNION ALL
SELECT false, -1::int8, legal_entity, account_id, currency_code, base_currency_code, base_minor, amount_minor, applied_minor
FROM payment WHERE base_currency_code <> ''`)
	if err != nil {
		return database.Fault(ctx, err)
	}
	defer rows.Close()
	for rows.Next() {
		var one BaseReceivable
		err := rows.Scan(&one.Posted, &one.Sign, &one.LegalEntity, &one.Account, &one.Currency, &one.Base, &one.Worth.Base,
			&one.Worth.Amount, &one.Settled)
		if err != nil {
			return err
		}
		visit(one)
	}
	return database.Fault(ctx, rows.Err())
}
