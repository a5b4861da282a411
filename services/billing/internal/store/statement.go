package store

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/money"
)

// The kinds of the entries of a statement.
const (
	EntryInvoice    = "INVOICE"
	EntryCreditMemo = "CREDIT_MEMO"
	EntryPayment    = "PAYMENT"
	EntryWriteOff   = "WRITE_OFF"
	EntryRefund     = "REFUND"
)

// StatementEntry is what changed the balance of an account.
type StatementEntry struct {
	Kind string
	// Document is what it is about, ID its own.
	Document, ID uuid.UUID
	Number       string
	At           time.Time
	Amount       money.Minor
}

// Statement is a page of what changed the balance of an account in a period.
type Statement struct {
	// Opening and Closing are the balances before and after the period, Carried is that before the first entry.
	Opening, Closing, Carried money.Minor
	Entries                   []StatementEntry
}

// Place is an entry of a statement, after which a page begins.
type Place struct {
	At time.Time
	ID uuid.UUID
}

// changesOfBalance are all that ever changed the balance of account $1.
const changesOfBalance = `(
    SELECT 'INVOICE' AS kind, invoice_id AS document_id, invoice_id AS entry_id, document_number AS number, issued_at AS at,
           net_minor + tax_minor AS amount
    FROM invoice WHERE account_id = $1::text AND issued_at IS NOT NULL
    UNION ALL
    SELECT 'CREDIT_MEMO', credit_memo_id, credit_memo_id AS entry_id, document_number, issued_at, fee_minor - net_minor - tax_minor
    FROM credit_memo WHERE account_id = $1::text AND issued_at IS NOT NULL
    UNION ALL
    SELECT 'PAYMENT', payment_id, payment_id AS entry_id, reference, recorded_at, -amount_minor
    FROM payment WHERE account_id = $1::text
    UNION ALL
    SELECT 'WRITE_OFF', write_off.invoice_id, write_off.write_off_id, invoice.document_number, write_off.written_off_at, -write_off.amount_minor
    FROM invoice JOIN write_off ON write_off.invoice_id = invoice.invoice_id WHERE invoice.account_id = $1::text
    UNION ALL
    SELECT 'REFUND', refund.target_id, refund.operation_id, memo.document_number, refund.done_at, refund.amount_minor
    FROM payment_intent AS intent JOIN payment_operation AS refund ON refund.intent_id = intent.intent_id
    JOIN credit_memo AS memo ON memo.credit_memo_id = refund.credit_memo_id
    WHERE intent.account_id = $1::text AND refund.kind = 'REFUND' AND refund.state = 'DONE'
) AS entry`

// StatementOf loads at most limit entries from a time until before another, after a place, the oldest first.
func StatementOf(ctx context.Context, db DBTX, account string, from, until time.Time, after Place, limit int) (Statement, error) {
	var statement Statement
	err := db.QueryRow(ctx, `
SELECT COALESCE(sum(CASE WHEN at < $2::timestamptz THEN amount ELSE 0 END), 0)::int8, COALESCE(sum(amount), 0)::int8,
       COALESCE(sum(CASE WHEN at < $2::timestamptz OR (at, entry_id) <= ($4::timestamptz, $5::uuid) THEN amount ELSE 0 END), 0)::int8
FROM `+changesOfBalance+`
WHERE at < $3::timestamptz AND $1::text <> ''`, account, from, until, after.At, after.ID).
		Scan(&statement.Opening, &statement.Closing, &statement.Carried)
	if err != nil {
		return statement, database.Fault(ctx, err)
	}
	rows, err := db.Query(ctx, `
SELECT kind, document_id, entry_id, number, at, amount FROM `+changesOfBalance+`
WHERE at >= $2::timestamptz AND at < $3::timestamptz AND (at, entry_id) > ($4::timestamptz, $5::uuid) AND $1::text <> ''
ORDER BY at, entry_id LIMIT $6::int8`, account, from, until, after.At, after.ID, limit)
	if err != nil {
		return statement, database.Fault(ctx, err)
	}
	defer rows.Close()
	for rows.Next() {
		var entry StatementEntry
		if err := rows.Scan(&entry.Kind, &entry.Document, &entry.ID, &entry.Number, &entry.At, &entry.Amount); err != nil {
			return statement, err
		}
		statement.Entries = append(statement.Entries, entry)
	}
	return statement, database.Fault(ctx, rows.Err())
}
