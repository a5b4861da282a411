-- name: SaveAccounts :exec
-- Only what is newer than the copy is taken.
INSERT INTO account (account_id, legal_entity, currency_code, credit_limit_minor, unlimited_credit, credit_stop,
    estimated_tax_rate, rounding, tax_jurisdiction, bill_to_account_id, max_days_past_due, backorder_weight_bp,
    credit_checkpoint, version, as_of)
SELECT unnest(@account_ids::text[]), unnest(@legal_entities::text[]), unnest(@currency_codes::text[]),
       unnest(@credit_limits::int8[]), unnest(@unlimiteds::bool[]), unnest(@stops::bool[]), unnest(@tax_rates::int8[]),
       unnest(@roundings::text[]), unnest(@tax_jurisdictions::text[]), unnest(@bill_tos::text[]),
       unnest(@max_days_past_dues::int8[]), unnest(@backorder_weights::int8[]), unnest(@checkpoints::text[]),
       unnest(@versions::int8[]), unnest(@as_ofs::timestamptz[])
ON CONFLICT (account_id) DO UPDATE SET
    credit_limit_minor = excluded.credit_limit_minor, unlimited_credit = excluded.unlimited_credit,
    credit_stop = excluded.credit_stop, estimated_tax_rate = excluded.estimated_tax_rate, rounding = excluded.rounding,
    tax_jurisdiction = excluded.tax_jurisdiction, bill_to_account_id = excluded.bill_to_account_id,
    max_days_past_due = excluded.max_days_past_due, backorder_weight_bp = excluded.backorder_weight_bp,
    credit_checkpoint = excluded.credit_checkpoint, version = excluded.version, as_of = excluded.as_of
WHERE account.version < excluded.version;

-- name: OpenCredits :exec
INSERT INTO credit (account_id, legal_entity, currency_code, receivable_minor, not_invoiced_minor, open_orders_minor,
    version, event_sequence)
SELECT unnest(@account_ids::text[]), unnest(@legal_entities::text[]), unnest(@currency_codes::text[]), 0, 0, 0, 0, 0
ON CONFLICT (account_id, legal_entity, currency_code) DO NOTHING;

-- name: LockCredits :many
-- The credit rows of the accounts with their terms, in the order of the accounts, locked until the transaction ends.
SELECT credit.account_id, credit.legal_entity, credit.currency_code, credit.receivable_minor, credit.open_credit_minor,
       credit.unapplied_cash_minor, credit.not_invoiced_minor, credit.open_orders_minor, credit.blocked_orders, credit.secured_minor,
       credit.payment_stop, credit.version, credit.event_sequence,
       account.credit_limit_minor, account.unlimited_credit, account.credit_stop, account.estimated_tax_rate,
       account.max_days_past_due, account.backorder_weight_bp, account.credit_checkpoint, account.as_of
FROM credit JOIN account ON account.account_id = credit.account_id
    AND account.legal_entity = credit.legal_entity AND account.currency_code = credit.currency_code
WHERE credit.account_id = ANY(@account_ids::text[])
ORDER BY credit.account_id
FOR UPDATE OF credit;

-- name: FindCredit :one
SELECT credit.account_id, credit.legal_entity, credit.currency_code, credit.receivable_minor, credit.open_credit_minor,
       credit.unapplied_cash_minor, credit.not_invoiced_minor, credit.open_orders_minor, credit.blocked_orders, credit.secured_minor,
       credit.payment_stop, credit.version, credit.event_sequence,
       account.credit_limit_minor, account.unlimited_credit, account.credit_stop, account.estimated_tax_rate,
       account.max_days_past_due, account.backorder_weight_bp, account.credit_checkpoint, account.as_of
FROM credit JOIN account ON account.account_id = credit.account_id
    AND account.legal_entity = credit.legal_entity AND account.currency_code = credit.currency_code
WHERE credit.account_id = @account_id;

-- name: SaveCredits :exec
-- The rows are there. Written as an insertion that always meets its row, it finds each by one look-up.
INSERT INTO credit (account_id, legal_entity, currency_code, receivable_minor, open_credit_minor,
    unapplied_cash_minor, not_invoiced_minor, open_orders_minor, blocked_orders, secured_minor, payment_stop, version, event_sequence)
SELECT unnest(@account_ids::text[]), unnest(@legal_entities::text[]), unnest(@currency_codes::text[]),
       unnest(@receivables::int8[]), unnest(@open_credits::int8[]), unnest(@unapplied_cash::int8[]), unnest(@not_invoiceds::int8[]), unnest(@open_orders::int8[]),
       unnest(@blocked::int8[]), unnest(@secureds::int8[]), unnest(@payment_stops::bool[]),
       unnest(@versions::int8[]), unnest(@event_sequences::int8[])
ON CONFLICT (account_id, legal_entity, currency_code) DO UPDATE SET
    receivable_minor = excluded.receivable_minor, open_credit_minor = excluded.open_credit_minor,
    unapplied_cash_minor = excluded.unapplied_cash_minor, not_invoiced_minor = excluded.not_invoiced_minor,
    open_orders_minor = excluded.open_orders_minor, blocked_orders = excluded.blocked_orders,
    secured_minor = excluded.secured_minor, payment_stop = excluded.payment_stop,
    version = excluded.version, event_sequence = excluded.event_sequence;

-- name: FindClaims :many
SELECT * FROM credit_claim WHERE claim_key = ANY(@claim_keys::text[]);

-- name: SaveClaims :exec
INSERT INTO credit_claim (claim_key, claim_id, order_id, account_id, outcome, reason, message, requested_minor,
    exposure_minor, limit_minor, replaced_key, active, open_minor, at_release)
SELECT unnest(@claim_keys::text[]), unnest(@claim_ids::uuid[]), unnest(@order_ids::uuid[]), unnest(@account_ids::text[]),
       unnest(@outcomes::text[]), unnest(@reasons::text[]), unnest(@messages::text[]), unnest(@requesteds::int8[]),
       unnest(@exposures::int8[]), unnest(@limits::int8[]), unnest(@replaced_keys::text[]),
       unnest(@actives::bool[]), unnest(@opens::int8[]), unnest(@at_releases::bool[])
ON CONFLICT (claim_key) DO UPDATE SET active = excluded.active, open_minor = excluded.open_minor;

-- name: FindReleases :many
SELECT * FROM credit_release WHERE release_key = ANY(@release_keys::text[]);

-- name: SaveReleases :exec
INSERT INTO credit_release (release_key, order_id, released_minor)
SELECT unnest(@release_keys::text[]), unnest(@order_ids::uuid[]), unnest(@released::int8[]);

-- name: FindOrderAccounts :many
-- Which accounts orders belong to. It never changes.
SELECT order_id, account_id FROM order_snapshot WHERE order_id = ANY(@order_ids::uuid[]);

-- name: FindClaimAccounts :many
SELECT claim_key, account_id FROM credit_claim WHERE claim_key = ANY(@claim_keys::text[]);

-- name: FindOrders :many
-- Orders with their progress and the claim that counts for them. Shipments change both without locking anything: of two
-- transactions that change an order one runs again.
SELECT sqlc.embed(order_snapshot), sqlc.embed(credit_claim), COALESCE(order_progress.lines, '[]'::jsonb)::jsonb AS progress,
       COALESCE(order_progress.charges, '[]'::jsonb)::jsonb AS charged
FROM order_snapshot
JOIN credit_claim ON credit_claim.claim_key = order_snapshot.claim_key
LEFT JOIN order_progress ON order_progress.order_id = order_snapshot.order_id
WHERE order_snapshot.order_id = ANY(@order_ids::uuid[]);

-- name: FindSnapshots :many
SELECT order_id, snapshot FROM order_snapshot WHERE order_id = ANY(@order_ids::uuid[]);

-- name: SaveSnapshots :exec
INSERT INTO order_snapshot (order_id, account_id, claim_key, tax_rate, backorder_weight_bp, snapshot_hash, snapshot)
SELECT unnest(@order_ids::uuid[]), unnest(@account_ids::text[]), unnest(@claim_keys::text[]), unnest(@tax_rates::int8[]),
       unnest(@backorder_weights::int8[]), unnest(@snapshot_hashes::bytea[]), unnest(@snapshots::bytea[])
ON CONFLICT (order_id) DO UPDATE SET
    claim_key = excluded.claim_key, tax_rate = excluded.tax_rate, backorder_weight_bp = excluded.backorder_weight_bp, snapshot_hash = excluded.snapshot_hash,
    snapshot = excluded.snapshot;

-- name: SaveProgress :exec
INSERT INTO order_progress (order_id, lines, charges)
SELECT unnest(@order_ids::uuid[]), unnest(@lines::text[])::jsonb, unnest(@charges::text[])::jsonb
ON CONFLICT (order_id) DO UPDATE SET lines = excluded.lines, charges = excluded.charges;

-- name: KeepRevisions :exec
INSERT INTO order_snapshot_before (claim_key, order_id, tax_rate, backorder_weight_bp, snapshot_hash, snapshot)
SELECT unnest(@claim_keys::text[]), unnest(@order_ids::uuid[]), unnest(@tax_rates::int8[]), unnest(@backorder_weights::int8[]),
       unnest(@snapshot_hashes::bytea[]), unnest(@snapshots::bytea[])
ON CONFLICT (claim_key) DO UPDATE SET tax_rate = excluded.tax_rate, backorder_weight_bp = excluded.backorder_weight_bp,
    snapshot_hash = excluded.snapshot_hash, snapshot = excluded.snapshot;

-- name: FindRevisions :many
SELECT * FROM order_snapshot_before WHERE claim_key = ANY(@claim_keys::text[]);

-- name: FindInvoicedShipments :many
SELECT shipment_id FROM invoice WHERE shipment_id = ANY(@shipment_ids::uuid[]);

-- name: InsertInvoices :exec
INSERT INTO invoice (invoice_id, shipment_id, order_id, partner_id, account_id, sold_to_account_id, legal_entity,
    currency_code, state, line_count, net_minor, tax_minor, open_orders_minor, not_invoiced_minor, counted, event_sequence)
SELECT unnest(@invoice_ids::uuid[]), unnest(@shipment_ids::uuid[]), unnest(@order_ids::uuid[]),
       unnest(@partner_ids::text[]), unnest(@account_ids::text[]), unnest(@sold_tos::text[]),
       unnest(@legal_entities::text[]), unnest(@currency_codes::text[]), 'TAX_PENDING', unnest(@line_counts::int8[]), unnest(@nets::int8[]), 0,
       unnest(@open_orders::int8[]), unnest(@not_invoiceds::int8[]), false, unnest(@event_sequences::int8[]);

-- name: InsertInvoiceLines :exec
INSERT INTO invoice_line (invoice_id, position, shipment_line_id, line_number, quantity, net_minor,
    discount_minor)
SELECT unnest(@invoice_ids::uuid[]), unnest(@positions::int8[]), unnest(@shipment_line_ids::text[]),
       unnest(@line_numbers::int8[]), unnest(@quantities::int8[]), unnest(@nets::int8[]), unnest(@discounts::int8[]);

-- name: InsertInvoiceCharges :exec
INSERT INTO invoice_charge (invoice_id, position, charge, type, net_minor)
SELECT unnest(@invoice_ids::uuid[]), unnest(@positions::int8[]), unnest(@charges::int8[]), unnest(@types::text[]),
       unnest(@nets::int8[]);

-- name: InsertPending :exec
INSERT INTO invoice_pending (shard, invoice_id, due_at, reason, attempts)
SELECT unnest(@shards::int8[]), unnest(@invoice_ids::uuid[]), @due_at::timestamptz, '', 0;

-- name: FindDue :many
-- Pending invoices of the shards that are due, the longest due first within a shard. One probe of the index by due date for
-- each shard: what waits for its next try is not walked over.
SELECT due.shard, due.reason, due.attempts, sqlc.embed(invoice)
FROM (SELECT unnest(@shards::int8[]) AS shard) AS wanted,
LATERAL (
    SELECT p.shard, p.invoice_id, p.due_at, p.reason, p.attempts FROM invoice_pending AS p
    WHERE p.shard = wanted.shard AND p.due_at <= @now
    ORDER BY p.due_at, p.invoice_id LIMIT @page_limit
) AS due
JOIN invoice ON invoice.invoice_id = due.invoice_id
WHERE COALESCE(array_length(@shards::int8[], 1), 0) > 0
ORDER BY due.shard, due.due_at, due.invoice_id
LIMIT @page_limit;

-- name: FindInvoices :many
SELECT * FROM invoice WHERE invoice_id = ANY(@invoice_ids::uuid[]);

-- name: FindInvoiceLines :many
SELECT * FROM invoice_line WHERE invoice_id = ANY(@invoice_ids::uuid[]) ORDER BY invoice_id, position;

-- name: FindInvoiceCharges :many
SELECT * FROM invoice_charge WHERE invoice_id = ANY(@invoice_ids::uuid[]) ORDER BY invoice_id, position;

-- name: FindInvoiceTaxes :many
SELECT * FROM invoice_tax WHERE invoice_id = ANY(@invoice_ids::uuid[]) ORDER BY invoice_id, position, ordinal;

-- name: LockPending :many
-- Which of the invoices still wait, locked until the transaction ends: one probe for each, since with IN it may walk the whole
-- queue, which at SERIALIZABLE conflicts with every insert. CockroachDB before 21.1.1 knows no other way for it.
SELECT found.invoice_id
FROM (SELECT unnest(@shards::int8[]) AS shard, unnest(@invoice_ids::uuid[]) AS invoice_id) AS wanted,
LATERAL (
    SELECT p.invoice_id FROM invoice_pending AS p
    WHERE p.shard = wanted.shard AND p.invoice_id = wanted.invoice_id
    LIMIT 1 FOR UPDATE
) AS found
WHERE COALESCE(array_length(@shards::int8[], 1), array_length(@invoice_ids::uuid[], 1)) > 0;

-- name: TakeNumbers :one
-- Takes the next numbers of a legal entity and returns the last of them.
INSERT INTO invoice_counter (legal_entity, last_number) VALUES (@legal_entity, @amount)
ON CONFLICT (legal_entity) DO UPDATE SET last_number = invoice_counter.last_number + excluded.last_number
RETURNING last_number;

-- name: SaveIssued :exec
-- The lengths stand there to name the parameters outside of FROM: a CockroachDB before 21.1 takes those that stand only in
-- FROM for text, whatever they are cast to. An ANY(…) instead makes PostgreSQL look every row up once per element.
UPDATE invoice SET state = 'ISSUED', tax_minor = issued.tax, event_sequence = issued.event_sequence,
    number = issued.number, document_number = issued.document_number, base_currency_code = issued.base_currency,
    exchange_rate = issued.exchange_rate, base_net_minor = issued.base_net, base_tax_minor = issued.base_tax,
    settled_by = issued.settled_by, issued_at = @issued_at::timestamptz, due_date = issued.due_date, journal_id = issued.journal_id
FROM (SELECT unnest(@invoice_ids::uuid[]) AS invoice_id, unnest(@taxes::int8[]) AS tax,
             unnest(@event_sequences::int8[]) AS event_sequence, unnest(@numbers::int8[]) AS number,
             unnest(@document_numbers::text[]) AS document_number, unnest(@base_currencies::text[]) AS base_currency,
             unnest(@exchange_rates::text[]) AS exchange_rate, unnest(@base_nets::int8[]) AS base_net,
             unnest(@base_taxes::int8[]) AS base_tax, unnest(@settled_bys::text[]) AS settled_by,
             unnest(@due_dates::date[]) AS due_date, unnest(@journal_ids::uuid[]) AS journal_id) AS issued
WHERE invoice.invoice_id = issued.invoice_id
    AND COALESCE(array_length(@invoice_ids::uuid[], 1), array_length(@taxes::int8[], 1),
        array_length(@event_sequences::int8[], 1), array_length(@numbers::int8[], 1),
        array_length(@document_numbers::text[], 1), array_length(@base_currencies::text[], 1),
        array_length(@exchange_rates::text[], 1), array_length(@base_nets::int8[], 1),
        array_length(@base_taxes::int8[], 1), array_length(@settled_bys::text[], 1),
        array_length(@due_dates::date[], 1), array_length(@journal_ids::uuid[], 1)) > 0;

-- name: InsertInvoiceTaxes :exec
INSERT INTO invoice_tax (invoice_id, position, ordinal, jurisdiction, name, rate, amount_minor)
SELECT unnest(@invoice_ids::uuid[]), unnest(@positions::int8[]), unnest(@ordinals::int8[]),
       unnest(@jurisdictions::text[]), unnest(@names::text[]), unnest(@rates::text[]), unnest(@amounts::int8[]);

-- name: InsertJournals :exec
INSERT INTO journal (journal_id, legal_entity, currency_code, base_currency_code, exchange_rate, source, source_id, posted_at)
SELECT unnest(@journal_ids::uuid[]), unnest(@legal_entities::text[]), unnest(@currency_codes::text[]),
       unnest(@base_currencies::text[]), unnest(@exchange_rates::text[]), unnest(@sources::text[]), unnest(@source_ids::uuid[]), @posted_at::timestamptz;

-- name: InsertEntries :exec
INSERT INTO journal_entry (journal_id, position, ledger, subject, debit_minor, credit_minor, base_debit_minor,
    base_credit_minor)
SELECT unnest(@journal_ids::uuid[]), unnest(@positions::int8[]), unnest(@ledgers::text[]), unnest(@subjects::text[]),
       unnest(@debits::int8[]), unnest(@credits::int8[]), unnest(@base_debits::int8[]), unnest(@base_credits::int8[]);

-- name: DeletePending :exec
-- An invoice has one shard, so the columns need not be compared as pairs, which older CockroachDB cannot do by its index.
DELETE FROM invoice_pending WHERE shard = ANY(@shards::int8[]) AND invoice_id = ANY(@invoice_ids::uuid[]);

-- name: SaveDeferred :exec
UPDATE invoice_pending SET due_at = deferred.due_at, reason = deferred.reason, attempts = deferred.attempts
FROM (SELECT unnest(@shards::int8[]) AS shard, unnest(@invoice_ids::uuid[]) AS invoice_id,
             unnest(@due_ats::timestamptz[]) AS due_at, unnest(@reasons::text[]) AS reason,
             unnest(@attempts::int8[]) AS attempts) AS deferred
WHERE invoice_pending.shard = deferred.shard AND invoice_pending.invoice_id = deferred.invoice_id
    AND COALESCE(array_length(@shards::int8[], 1), array_length(@invoice_ids::uuid[], 1),
        array_length(@due_ats::timestamptz[], 1), array_length(@reasons::text[], 1),
        array_length(@attempts::int8[], 1)) > 0;

-- name: SaveCounted :exec
UPDATE invoice SET counted = true, event_sequence = changed.event_sequence
FROM (SELECT unnest(@invoice_ids::uuid[]) AS invoice_id, unnest(@event_sequences::int8[]) AS event_sequence) AS changed
WHERE invoice.invoice_id = changed.invoice_id
    AND COALESCE(array_length(@invoice_ids::uuid[], 1), array_length(@event_sequences::int8[], 1)) > 0;

-- name: FindPending :many
SELECT * FROM invoice_pending
WHERE shard = ANY(@shards::int8[]) AND invoice_id = ANY(@invoice_ids::uuid[]);

-- name: ListInvoices :many
SELECT * FROM invoice WHERE invoice_id < @before ORDER BY invoice_id DESC LIMIT @page_limit;

-- name: ListPartnerInvoices :many
SELECT * FROM invoice WHERE partner_id = @partner_id AND invoice_id < @before ORDER BY invoice_id DESC LIMIT @page_limit;

-- name: ListAccountInvoices :many
-- Of all partners where partner_id is empty.
SELECT * FROM invoice
WHERE account_id = @account_id AND (@partner_id::text = '' OR partner_id = @partner_id::text)
    AND (@sold_to::text = '' OR sold_to_account_id = @sold_to::text) AND invoice_id < @before
ORDER BY invoice_id DESC LIMIT @page_limit;

-- name: ListSoldToInvoices :many
-- Of all partners where partner_id is empty.
SELECT * FROM invoice
WHERE sold_to_account_id = @sold_to AND (@partner_id::text = '' OR partner_id = @partner_id::text) AND invoice_id < @before
ORDER BY invoice_id DESC LIMIT @page_limit;

-- name: ListOrderInvoices :many
SELECT * FROM invoice
WHERE order_id = @order_id AND (@partner_id::text = '' OR partner_id = @partner_id::text)
    AND (@account_id::text = '' OR sold_to_account_id = @account_id::text)
    AND (@bill_to::text = '' OR account_id = @bill_to::text) AND invoice_id < @before
ORDER BY invoice_id DESC LIMIT @page_limit;

-- name: SumInvoices :many
-- By account where by_account says so; its column is empty otherwise.
SELECT CASE WHEN @by_account::bool THEN account_id ELSE '' END::text AS account_id, currency_code,
       CASE WHEN discarded_at IS NULL THEN state ELSE 'DISCARDED' END::text AS state,
       count(*)::int8 AS invoices, COALESCE(sum(line_count), 0)::int8 AS lines,
       COALESCE(sum(net_minor), 0)::int8 AS net, COALESCE(sum(tax_minor), 0)::int8 AS tax
FROM invoice
WHERE (@legal_entity::text = '' OR legal_entity = @legal_entity::text)
    AND (@partner_id::text = '' OR partner_id = @partner_id::text)
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;

-- name: LockInvoices :many
-- Invoices of which something is to be settled or credited, in the order of their ids, locked until the transaction ends.
SELECT * FROM invoice WHERE invoice_id = ANY(@invoice_ids::uuid[]) ORDER BY invoice_id FOR UPDATE;

-- name: SaveSettlements :exec
UPDATE invoice SET applied_cash_minor = settled.cash, applied_credit_minor = settled.credit,
    written_off_minor = settled.written_off, settled_by = settled.settled_by, event_sequence = settled.event_sequence,
    exchange_gain_minor = settled.exchange_gain
FROM (SELECT unnest(@invoice_ids::uuid[]) AS invoice_id, unnest(@cash::int8[]) AS cash, unnest(@credits::int8[]) AS credit,
             unnest(@written_offs::int8[]) AS written_off, unnest(@settled_bys::text[]) AS settled_by,
             unnest(@event_sequences::int8[]) AS event_sequence, unnest(@exchange_gains::int8[]) AS exchange_gain) AS settled
WHERE invoice.invoice_id = settled.invoice_id
    AND COALESCE(array_length(@invoice_ids::uuid[], 1), array_length(@cash::int8[], 1),
        array_length(@credits::int8[], 1), array_length(@written_offs::int8[], 1),
        array_length(@settled_bys::text[], 1), array_length(@event_sequences::int8[], 1),
        array_length(@exchange_gains::int8[], 1)) > 0;

-- name: SaveEntities :exec
-- Only what is newer than the copy is taken.
INSERT INTO legal_entity (legal_entity, base_currency_code, rounding, tax_mode, tax_jurisdiction, invoice_prefix,
    credit_memo_prefix, version)
SELECT unnest(@legal_entities::text[]), unnest(@base_currencies::text[]), unnest(@roundings::text[]),
       unnest(@tax_modes::text[]), unnest(@tax_jurisdictions::text[]), unnest(@invoice_prefixes::text[]),
       unnest(@credit_memo_prefixes::text[]), unnest(@versions::int8[])
ON CONFLICT (legal_entity) DO UPDATE SET
    base_currency_code = excluded.base_currency_code, rounding = excluded.rounding, tax_mode = excluded.tax_mode,
    tax_jurisdiction = excluded.tax_jurisdiction, invoice_prefix = excluded.invoice_prefix,
    credit_memo_prefix = excluded.credit_memo_prefix, version = excluded.version
WHERE legal_entity.version < excluded.version;

-- name: FindEntities :many
SELECT * FROM legal_entity WHERE legal_entity = ANY(@legal_entities::text[]);

-- name: SaveRates :exec
INSERT INTO exchange_rate (from_currency, to_currency, day, rate, version)
SELECT unnest(@from_currencies::text[]), unnest(@to_currencies::text[]), unnest(@days::date[]), unnest(@rates::text[]),
       unnest(@versions::int8[])
ON CONFLICT (from_currency, to_currency, day) DO UPDATE SET rate = excluded.rate, version = excluded.version
WHERE exchange_rate.version < excluded.version;

-- name: FindRate :many
-- The newest rate of a day or an earlier one.
SELECT rate FROM exchange_rate
WHERE from_currency = @from_currency AND to_currency = @to_currency AND day <= @day
ORDER BY day DESC LIMIT 1;

-- name: WakeInvoices :exec
-- Documents that wait for a reason that may be over are due at once.
UPDATE invoice_pending SET due_at = @now WHERE reason = @reason AND due_at > @now;

-- name: MeasureUninvoiced :many
-- What was shipped and is not invoiced yet. An invoice's id tells when its shipment was taken in.
SELECT invoice.legal_entity, invoice.currency_code, count(*)::int8 AS invoices, sum(invoice.net_minor)::int8 AS net_minor,
       min(invoice.invoice_id::text)::text AS oldest
FROM invoice_pending JOIN invoice ON invoice.invoice_id = invoice_pending.invoice_id
WHERE invoice_pending.shard = ANY(@shards::int8[]) GROUP BY invoice.legal_entity, invoice.currency_code;
