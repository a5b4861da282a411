-- name: FindShipmentLines :many
-- Where the shipment lines are invoiced.
SELECT invoice_line.shipment_line_id, invoice_line.invoice_id, invoice_line.position
FROM invoice_line WHERE invoice_line.shipment_line_id = ANY(@shipment_line_ids::text[]);

-- name: NoteUnbilled :exec
INSERT INTO shipment_unbilled (shipment_id) SELECT unnest(@shipment_ids::uuid[]) ON CONFLICT (shipment_id) DO NOTHING;

-- name: FindUnbilled :many
SELECT shipment_id FROM shipment_unbilled WHERE shipment_id = ANY(@shipment_ids::uuid[]);

-- name: FindAccounts :many
SELECT * FROM account WHERE account_id = ANY(@account_ids::text[]);

-- name: FindReturnCredits :many
SELECT * FROM return_credit WHERE return_id = ANY(@return_ids::uuid[]);

-- name: SaveReturnCredits :exec
INSERT INTO return_credit (return_id, position, credited)
SELECT unnest(@return_ids::uuid[]), unnest(@positions::int8[]), unnest(@credited::int8[])
ON CONFLICT (return_id, position) DO UPDATE SET credited = excluded.credited;

-- name: SaveCreditedLines :exec
UPDATE invoice_line SET credited_quantity = credited.quantity, credited_net_minor = credited.net
FROM (SELECT unnest(@invoice_ids::uuid[]) AS invoice_id, unnest(@positions::int8[]) AS position,
             unnest(@quantities::int8[]) AS quantity, unnest(@nets::int8[]) AS net) AS credited
WHERE invoice_line.invoice_id = credited.invoice_id AND invoice_line.position = credited.position
    AND COALESCE(array_length(@invoice_ids::uuid[], 1), array_length(@positions::int8[], 1),
        array_length(@quantities::int8[], 1), array_length(@nets::int8[], 1)) > 0;

-- name: SaveCreditedCharges :exec
UPDATE invoice_charge SET credited_net_minor = credited.net
FROM (SELECT unnest(@invoice_ids::uuid[]) AS invoice_id, unnest(@positions::int8[]) AS position,
             unnest(@nets::int8[]) AS net) AS credited
WHERE invoice_charge.invoice_id = credited.invoice_id AND invoice_charge.position = credited.position
    AND COALESCE(array_length(@invoice_ids::uuid[], 1), array_length(@positions::int8[], 1),
        array_length(@nets::int8[], 1)) > 0;

-- name: SaveCreditedTaxes :exec
UPDATE invoice_tax SET credited_minor = credited.amount
FROM (SELECT unnest(@invoice_ids::uuid[]) AS invoice_id, unnest(@positions::int8[]) AS position,
             unnest(@ordinals::int8[]) AS ordinal, unnest(@amounts::int8[]) AS amount) AS credited
WHERE invoice_tax.invoice_id = credited.invoice_id AND invoice_tax.position = credited.position
    AND invoice_tax.ordinal = credited.ordinal
    AND COALESCE(array_length(@invoice_ids::uuid[], 1), array_length(@positions::int8[], 1),
        array_length(@ordinals::int8[], 1), array_length(@amounts::int8[], 1)) > 0;

-- name: InsertMemos :exec
INSERT INTO credit_memo (credit_memo_id, return_id, order_id, partner_id, account_id, sold_to_account_id, legal_entity,
    currency_code, rounding, tax_mode, tax_jurisdiction, state, line_count, net_minor, fee_minor, tax_minor, reason,
    event_sequence)
SELECT unnest(@credit_memo_ids::uuid[]), unnest(@return_ids::uuid[]),
       unnest(@order_ids::uuid[]), unnest(@partner_ids::text[]), unnest(@account_ids::text[]),
       unnest(@sold_tos::text[]), unnest(@legal_entities::text[]), unnest(@currency_codes::text[]),
       unnest(@roundings::text[]), unnest(@tax_modes::text[]), unnest(@tax_jurisdictions::text[]), 'PENDING',
       unnest(@line_counts::int8[]), unnest(@nets::int8[]), unnest(@fees::int8[]), unnest(@taxes::int8[]),
       unnest(@reasons::text[]), 0;

-- name: InsertMemoLines :exec
INSERT INTO credit_memo_line (credit_memo_id, position, invoice_id, invoice_position, shipment_line_id, sku, description,
    quantity, scale, unit, unit_price, tax_class, ledger, net_minor, fee_minor)
SELECT unnest(@credit_memo_ids::uuid[]), unnest(@positions::int8[]), unnest(@invoice_ids::uuid[]),
       unnest(@invoice_positions::int8[]), unnest(@shipment_line_ids::text[]), unnest(@skus::text[]),
       unnest(@descriptions::text[]), unnest(@quantities::int8[]), unnest(@scales::int8[]), unnest(@units::text[]),
       unnest(@unit_prices::text[]), unnest(@tax_classes::text[]), unnest(@ledgers::text[]), unnest(@nets::int8[]),
       unnest(@fees::int8[]);

-- name: InsertMemoTaxes :exec
INSERT INTO credit_memo_tax (credit_memo_id, position, ordinal, jurisdiction, name, rate, amount_minor)
SELECT unnest(@credit_memo_ids::uuid[]), unnest(@positions::int8[]), unnest(@ordinals::int8[]),
       unnest(@jurisdictions::text[]), unnest(@names::text[]), unnest(@rates::text[]), unnest(@amounts::int8[]);

-- name: QueueMemos :exec
INSERT INTO credit_memo_pending (shard, credit_memo_id, due_at, reason, attempts)
SELECT unnest(@shards::int8[]), unnest(@credit_memo_ids::uuid[]), @due_at::timestamptz, '', 0;

-- name: FindDueMemos :many
-- Pending credit memos of the shards that are due, the longest due first within a shard, as of invoices.
SELECT due.reason, due.attempts, sqlc.embed(credit_memo)
FROM (SELECT unnest(@shards::int8[]) AS shard) AS wanted,
LATERAL (
    SELECT p.shard, p.credit_memo_id, p.due_at, p.reason, p.attempts FROM credit_memo_pending AS p
    WHERE p.shard = wanted.shard AND p.due_at <= @now
    ORDER BY p.due_at, p.credit_memo_id LIMIT @page_limit
) AS due
JOIN credit_memo ON credit_memo.credit_memo_id = due.credit_memo_id
WHERE COALESCE(array_length(@shards::int8[], 1), 0) > 0
ORDER BY due.shard, due.due_at, due.credit_memo_id
LIMIT @page_limit;

-- name: LockPendingMemos :many
-- Which of the credit memos still wait, locked until the transaction ends: one probe for each, as of invoices.
SELECT found.credit_memo_id
FROM (SELECT unnest(@shards::int8[]) AS shard, unnest(@credit_memo_ids::uuid[]) AS credit_memo_id) AS wanted,
LATERAL (
    SELECT p.credit_memo_id FROM credit_memo_pending AS p
    WHERE p.shard = wanted.shard AND p.credit_memo_id = wanted.credit_memo_id
    LIMIT 1 FOR UPDATE
) AS found
WHERE COALESCE(array_length(@shards::int8[], 1), array_length(@credit_memo_ids::uuid[], 1)) > 0;

-- name: FindPendingMemos :many
SELECT * FROM credit_memo_pending
WHERE shard = ANY(@shards::int8[]) AND credit_memo_id = ANY(@credit_memo_ids::uuid[]);

-- name: DeletePendingMemos :exec
DELETE FROM credit_memo_pending
WHERE shard = ANY(@shards::int8[]) AND credit_memo_id = ANY(@credit_memo_ids::uuid[]);

-- name: DeferMemos :exec
UPDATE credit_memo_pending SET due_at = deferred.due_at, reason = deferred.reason, attempts = deferred.attempts
FROM (SELECT unnest(@shards::int8[]) AS shard, unnest(@credit_memo_ids::uuid[]) AS credit_memo_id,
             unnest(@due_ats::timestamptz[]) AS due_at, unnest(@reasons::text[]) AS reason,
             unnest(@attempts::int8[]) AS attempts) AS deferred
WHERE credit_memo_pending.shard = deferred.shard AND credit_memo_pending.credit_memo_id = deferred.credit_memo_id
    AND COALESCE(array_length(@shards::int8[], 1), array_length(@credit_memo_ids::uuid[], 1),
        array_length(@due_ats::timestamptz[], 1), array_length(@reasons::text[], 1),
        array_length(@attempts::int8[], 1)) > 0;

-- name: WakeMemos :exec
UPDATE credit_memo_pending SET due_at = @now WHERE reason = @reason AND due_at > @now;

-- name: TakeMemoNumbers :one
-- Takes the next numbers of a legal entity and returns the last of them.
INSERT INTO credit_memo_counter (legal_entity, last_number) VALUES (@legal_entity, @amount)
ON CONFLICT (legal_entity) DO UPDATE SET last_number = credit_memo_counter.last_number + excluded.last_number
RETURNING last_number;

-- name: SaveIssuedMemos :exec
UPDATE credit_memo SET state = 'ISSUED', tax_minor = issued.tax, event_sequence = issued.event_sequence,
    applied_minor = issued.applied, number = issued.number, document_number = issued.document_number,
    base_currency_code = issued.base_currency, exchange_rate = issued.exchange_rate, base_net_minor = issued.base_net,
    base_tax_minor = issued.base_tax, issued_at = @issued_at::timestamptz, journal_id = issued.journal_id
FROM (SELECT unnest(@credit_memo_ids::uuid[]) AS credit_memo_id, unnest(@taxes::int8[]) AS tax,
             unnest(@event_sequences::int8[]) AS event_sequence, unnest(@applied::int8[]) AS applied,
             unnest(@numbers::int8[]) AS number, unnest(@document_numbers::text[]) AS document_number,
             unnest(@base_currencies::text[]) AS base_currency, unnest(@exchange_rates::text[]) AS exchange_rate,
             unnest(@base_nets::int8[]) AS base_net, unnest(@base_taxes::int8[]) AS base_tax,
             unnest(@journal_ids::uuid[]) AS journal_id) AS issued
WHERE credit_memo.credit_memo_id = issued.credit_memo_id
    AND COALESCE(array_length(@credit_memo_ids::uuid[], 1), array_length(@taxes::int8[], 1),
        array_length(@event_sequences::int8[], 1), array_length(@applied::int8[], 1),
        array_length(@numbers::int8[], 1), array_length(@document_numbers::text[], 1),
        array_length(@base_currencies::text[], 1), array_length(@exchange_rates::text[], 1),
        array_length(@base_nets::int8[], 1), array_length(@base_taxes::int8[], 1),
        array_length(@journal_ids::uuid[], 1)) > 0;

-- name: SaveMemoApplied :exec
UPDATE credit_memo SET applied_minor = @applied WHERE credit_memo_id = @credit_memo_id;

-- name: SaveApplications :exec
INSERT INTO credit_application (credit_memo_id, invoice_id, amount_minor)
SELECT unnest(@credit_memo_ids::uuid[]), unnest(@invoice_ids::uuid[]), unnest(@amounts::int8[])
ON CONFLICT (credit_memo_id, invoice_id) DO UPDATE SET
    amount_minor = credit_application.amount_minor + excluded.amount_minor;

-- name: FindMemos :many
SELECT * FROM credit_memo WHERE credit_memo_id = ANY(@credit_memo_ids::uuid[]);

-- name: LockMemo :many
SELECT * FROM credit_memo WHERE credit_memo_id = @credit_memo_id FOR UPDATE;

-- name: FindMemoLines :many
SELECT * FROM credit_memo_line WHERE credit_memo_id = ANY(@credit_memo_ids::uuid[]) ORDER BY credit_memo_id, position;

-- name: FindMemoTaxes :many
SELECT * FROM credit_memo_tax WHERE credit_memo_id = ANY(@credit_memo_ids::uuid[])
ORDER BY credit_memo_id, position, ordinal;

-- name: FindApplications :many
SELECT * FROM credit_application WHERE credit_memo_id = ANY(@credit_memo_ids::uuid[]) ORDER BY credit_memo_id, invoice_id;

-- name: ListMemos :many
-- Each filter is off where it is empty, that of the ids where it is the nil UUID.
SELECT * FROM credit_memo
WHERE (@partner_id::text = '' OR partner_id = @partner_id::text)
    AND (@account_id::text = '' OR sold_to_account_id = @account_id::text)
    AND (@bill_to::text = '' OR account_id = @bill_to::text)
    AND (@order_id::uuid = '00000000-0000-0000-0000-000000000000' OR order_id = @order_id::uuid)
    AND (@return_id::uuid = '00000000-0000-0000-0000-000000000000' OR return_id = @return_id::uuid)
    AND credit_memo_id < @before
ORDER BY credit_memo_id DESC LIMIT @page_limit;

-- name: SumMemos :many
-- By account where by_account says so; its column is empty otherwise.
SELECT CASE WHEN @by_account::bool THEN account_id ELSE '' END::text AS account_id, currency_code,
       CASE WHEN discarded_at IS NULL THEN state ELSE 'DISCARDED' END::text AS state,
       count(*)::int8 AS memos, COALESCE(sum(line_count), 0)::int8 AS lines,
       COALESCE(sum(net_minor - fee_minor), 0)::int8 AS net, COALESCE(sum(tax_minor), 0)::int8 AS tax
FROM credit_memo
WHERE (@legal_entity::text = '' OR legal_entity = @legal_entity::text)
    AND (@partner_id::text = '' OR partner_id = @partner_id::text)
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
