-- name: InsertPayment :exec
INSERT INTO payment (payment_id, account_id, legal_entity, currency_code, amount_minor, applied_minor, received_on, reference,
    exchange_rate, base_currency_code, base_minor, journal_id, recorded_at)
VALUES (@payment_id, @account_id, @legal_entity, @currency_code, @amount_minor, @applied_minor, @received_on, @reference,
    @exchange_rate, @base_currency_code, @base_minor, @journal_id, @recorded_at);

-- name: FindPayments :many
SELECT * FROM payment WHERE payment_id = ANY(@payment_ids::uuid[]);

-- name: LockPayment :many
SELECT * FROM payment WHERE payment_id = @payment_id FOR UPDATE;

-- name: SavePaymentApplied :exec
UPDATE payment SET applied_minor = @applied WHERE payment_id = @payment_id;

-- name: SaveCashApplications :exec
INSERT INTO cash_application (payment_id, invoice_id, amount_minor)
SELECT @payment_id::uuid, unnest(@invoice_ids::uuid[]), unnest(@amounts::int8[])
ON CONFLICT (payment_id, invoice_id) DO UPDATE SET amount_minor = excluded.amount_minor;

-- name: FindCashApplications :many
SELECT * FROM cash_application WHERE payment_id = ANY(@payment_ids::uuid[]) AND amount_minor > 0
ORDER BY payment_id, invoice_id;

-- name: ListPayments :many
SELECT * FROM payment
WHERE (@account_id::text = '' OR account_id = @account_id::text)
    AND (NOT @unapplied_only::bool OR applied_minor < amount_minor)
    AND payment_id < @before
ORDER BY payment_id DESC LIMIT @page_limit;

-- name: FindNumberedInvoices :many
-- The invoices of a legal entity with the numbers, which are unique; the caller compares what stands on the paper.
SELECT invoice_id, document_number FROM invoice
WHERE legal_entity = @legal_entity AND number = ANY(@numbers::int8[]);

-- name: InsertWriteOff :exec
INSERT INTO write_off (write_off_id, invoice_id, amount_minor, reason, journal_id, written_off_at, told)
VALUES (@write_off_id, @invoice_id, @amount_minor, @reason, @journal_id, @written_off_at, true);

-- name: FindWriteOff :many
SELECT w.journal_id, w.invoice_id, i.order_id, i.currency_code, w.amount_minor, w.reason, w.written_off_at
FROM write_off AS w JOIN invoice AS i ON i.invoice_id = w.invoice_id WHERE w.journal_id = @journal_id;

-- name: SaveDispute :exec
UPDATE invoice SET disputed = @disputed, dispute_reason = @dispute_reason, event_sequence = @event_sequence
WHERE invoice_id = @invoice_id;

-- name: FindOldestDue :many
-- The due date of the oldest invoice of each account that is owed and not disputed, before a day.
SELECT wanted.account_id::text AS account_id, found.due_date
FROM (SELECT unnest(@account_ids::text[]) AS account_id) AS wanted,
LATERAL (
    SELECT i.due_date FROM invoice AS i
    WHERE i.account_id = wanted.account_id AND i.settled_by = '' AND i.due_date < @day AND NOT i.disputed
    ORDER BY i.due_date LIMIT 1
) AS found
WHERE COALESCE(array_length(@account_ids::text[], 1), 0) > 0;

-- name: FindNewlyOverdue :many
-- Invoices that are past due, owed, not disputed, and of which that was not told.
SELECT found.invoice_id
FROM credit,
LATERAL (
    SELECT i.invoice_id FROM invoice AS i
    WHERE i.account_id = credit.account_id AND i.settled_by = '' AND i.due_date < @day AND NOT i.disputed AND NOT i.overdue_told
    ORDER BY i.due_date LIMIT @per_account
) AS found
WHERE credit.receivable_minor > 0
LIMIT @page_limit;

-- name: SaveOverdue :exec
UPDATE invoice SET overdue_told = true, event_sequence = told.event_sequence
FROM (SELECT unnest(@invoice_ids::uuid[]) AS invoice_id, unnest(@event_sequences::int8[]) AS event_sequence) AS told
WHERE invoice.invoice_id = told.invoice_id
    AND COALESCE(array_length(@invoice_ids::uuid[], 1), array_length(@event_sequences::int8[], 1)) > 0;

-- name: FindOpenByAge :many
-- What of an account is owed, by the day on which it was due and whether it is disputed.
SELECT due_date, disputed, count(*)::int8 AS invoices,
       sum(net_minor + tax_minor - applied_cash_minor - applied_credit_minor - written_off_minor)::int8 AS balance
FROM invoice
WHERE account_id = @account_id AND settled_by = '' AND due_date IS NOT NULL
GROUP BY due_date, disputed ORDER BY due_date;

-- name: AddExchangeDifferences :exec
INSERT INTO exchange_difference (exchange_difference_id, invoice_id, document_id, base_gain_minor, journal_id, realised_at)
SELECT unnest(@exchange_difference_ids::uuid[]), unnest(@invoice_ids::uuid[]), unnest(@document_ids::uuid[]),
       unnest(@base_gains::int8[]), unnest(@journal_ids::uuid[]), @realised_at::timestamptz;
