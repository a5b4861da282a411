-- name: InsertIntents :exec
-- A key that another transaction has brought meanwhile makes this one run again.
INSERT INTO payment_intent (intent_id, intent_key, order_id, account_id, legal_entity, currency_code, provider, token,
    amount_minor, captured_minor, voided_minor, refunded_minor, state, void_requested, decline_code, provider_ref,
    event_sequence, created_at)
SELECT unnest(@intent_ids::uuid[]), unnest(@intent_keys::text[]), unnest(@order_ids::uuid[]), unnest(@account_ids::text[]),
       unnest(@legal_entities::text[]), unnest(@currency_codes::text[]), unnest(@providers::text[]), unnest(@tokens::text[]),
       unnest(@amounts::int8[]), 0, 0, 0, unnest(@states::text[]), unnest(@void_requesteds::bool[]),
       unnest(@decline_codes::text[]), '', unnest(@event_sequences::int8[]), @created_at::timestamptz
ON CONFLICT (intent_key) DO NOTHING;

-- name: SaveIntents :exec
UPDATE payment_intent SET captured_minor = changed.captured, voided_minor = changed.voided, refunded_minor = changed.refunded,
    state = changed.state, void_requested = changed.void_requested, decline_code = changed.decline_code,
    provider_ref = changed.provider_ref, event_sequence = changed.event_sequence
FROM (SELECT unnest(@intent_ids::uuid[]) AS intent_id, unnest(@captureds::int8[]) AS captured, unnest(@voideds::int8[]) AS voided,
             unnest(@refundeds::int8[]) AS refunded, unnest(@states::text[]) AS state,
             unnest(@void_requesteds::bool[]) AS void_requested, unnest(@decline_codes::text[]) AS decline_code,
             unnest(@provider_refs::text[]) AS provider_ref, unnest(@event_sequences::int8[]) AS event_sequence) AS changed
WHERE payment_intent.intent_id = changed.intent_id
    AND COALESCE(array_length(@intent_ids::uuid[], 1), array_length(@captureds::int8[], 1), array_length(@voideds::int8[], 1),
        array_length(@refundeds::int8[], 1), array_length(@states::text[], 1), array_length(@void_requesteds::bool[], 1),
        array_length(@decline_codes::text[], 1), array_length(@provider_refs::text[], 1),
        array_length(@event_sequences::int8[], 1)) > 0;

-- name: FindIntents :many
SELECT * FROM payment_intent WHERE intent_id = ANY(@intent_ids::uuid[]);

-- name: LockIntents :many
-- In the order of their ids, locked until the transaction ends.
SELECT * FROM payment_intent WHERE intent_id = ANY(@intent_ids::uuid[]) ORDER BY intent_id FOR UPDATE;

-- name: FindIntentsByKey :many
SELECT * FROM payment_intent WHERE intent_key = ANY(@intent_keys::text[]);

-- name: FindIntentsOfOrders :many
SELECT * FROM payment_intent WHERE order_id = ANY(@order_ids::uuid[]);

-- name: ListIntents :many
-- Each filter is off where it is empty, that of the order where it is the nil UUID. Keys that were voided before they came
-- have no account, and are left out.
SELECT * FROM payment_intent
WHERE account_id <> '' AND (@account_id::text = '' OR account_id = @account_id::text)
    AND (@order_id::uuid = '00000000-0000-0000-0000-000000000000' OR order_id = @order_id::uuid)
    AND intent_id < @before
ORDER BY intent_id DESC LIMIT @page_limit;

-- name: FindOperations :many
SELECT * FROM payment_operation WHERE intent_id = ANY(@intent_ids::uuid[]) ORDER BY operation_id;

-- name: FindCapture :many
SELECT * FROM payment_operation WHERE operation_id = @operation_id AND kind = 'CAPTURE';

-- name: InsertOperations :exec
INSERT INTO payment_operation (operation_id, intent_id, kind, target_id, credit_memo_id, amount_minor, state, decline_code, journal_id)
SELECT unnest(@operation_ids::uuid[]), unnest(@intent_ids::uuid[]), unnest(@kinds::text[]), unnest(@target_ids::uuid[]),
       unnest(@credit_memo_ids::uuid[]), unnest(@amounts::int8[]), 'WAITING', '', '00000000-0000-0000-0000-000000000000';

-- name: SaveOperations :exec
UPDATE payment_operation SET amount_minor = changed.amount, state = changed.state, decline_code = changed.decline_code,
    journal_id = changed.journal_id, done_at = CASE WHEN changed.state = 'DONE' THEN @now::timestamptz ELSE NULL END
FROM (SELECT unnest(@operation_ids::uuid[]) AS operation_id, unnest(@amounts::int8[]) AS amount, unnest(@states::text[]) AS state,
             unnest(@decline_codes::text[]) AS decline_code, unnest(@journal_ids::uuid[]) AS journal_id) AS changed
WHERE payment_operation.operation_id = changed.operation_id
    AND COALESCE(array_length(@operation_ids::uuid[], 1), array_length(@amounts::int8[], 1), array_length(@states::text[], 1),
        array_length(@decline_codes::text[], 1), array_length(@journal_ids::uuid[], 1)) > 0;

-- name: QueueIntents :exec
-- An intent that waits already is due at the earlier time, and counts its failures anew.
INSERT INTO payment_intent_pending (shard, intent_id, due_at, attempts)
SELECT unnest(@shards::int8[]), unnest(@intent_ids::uuid[]), @due_at::timestamptz, 0
ON CONFLICT (shard, intent_id) DO UPDATE SET
    due_at = CASE WHEN excluded.due_at < payment_intent_pending.due_at THEN excluded.due_at ELSE payment_intent_pending.due_at END,
    attempts = 0;

-- name: DeferIntents :exec
UPDATE payment_intent_pending SET due_at = deferred.due_at, attempts = deferred.attempts
FROM (SELECT unnest(@shards::int8[]) AS shard, unnest(@intent_ids::uuid[]) AS intent_id,
             unnest(@due_ats::timestamptz[]) AS due_at, unnest(@attempts::int8[]) AS attempts) AS deferred
WHERE payment_intent_pending.shard = deferred.shard AND payment_intent_pending.intent_id = deferred.intent_id
    AND COALESCE(array_length(@shards::int8[], 1), array_length(@intent_ids::uuid[], 1),
        array_length(@due_ats::timestamptz[], 1), array_length(@attempts::int8[], 1)) > 0;

-- name: UnqueueIntents :exec
DELETE FROM payment_intent_pending
WHERE shard = ANY(@shards::int8[]) AND intent_id = ANY(@intent_ids::uuid[]);

-- name: FindDueIntents :many
-- The longest due first within a shard, by one probe of the index by due date for each, as for invoices.
SELECT due.intent_id, due.attempts
FROM (SELECT unnest(@shards::int8[]) AS shard) AS wanted,
LATERAL (
    SELECT p.shard, p.intent_id, p.due_at, p.attempts FROM payment_intent_pending AS p
    WHERE p.shard = wanted.shard AND p.due_at <= @now
    ORDER BY p.due_at, p.intent_id LIMIT @page_limit
) AS due
WHERE COALESCE(array_length(@shards::int8[], 1), 0) > 0
ORDER BY due.shard, due.due_at, due.intent_id
LIMIT @page_limit;

-- name: FindOrdersBeingInvoiced :many
-- Those of the orders of which an invoice waits to be issued.
SELECT DISTINCT order_id FROM invoice WHERE order_id = ANY(@order_ids::uuid[]) AND state = 'TAX_PENDING';

-- name: SaveMemoRefunded :exec
UPDATE credit_memo SET refunded_minor = @refunded, paid_out_minor = @paid_out WHERE credit_memo_id = @credit_memo_id;
