-- name: FindPostings :many
SELECT * FROM posting WHERE document_id = ANY(@ids::text[]);

-- name: FindOrders :many
-- Which of these orders are posted.
SELECT order_id FROM posting WHERE document_id = ANY(@first_revisions::text[]);

-- name: SavePostings :exec
-- New ones, and those that were sent again.
INSERT INTO posting (document_id, order_id, kind, content_hash, currency_code, total_minor, erp_number, posted_at, times_sent,
    not_to_ship)
SELECT unnest(@ids::text[]), unnest(@order_ids::text[]), unnest(@kinds::int8[]), unnest(@hashes::bytea[]),
       unnest(@currencies::text[]), unnest(@totals::int8[]), unnest(@numbers::text[]), unnest(@posted_ats::timestamptz[]),
       unnest(@times::int8[]), unnest(@not_to_ship::int8[])
ON CONFLICT (document_id) DO UPDATE SET times_sent = excluded.times_sent;

-- name: ListPostings :many
SELECT * FROM posting WHERE document_id > @after ORDER BY document_id LIMIT @page_limit;

-- name: FindAccounts :many
SELECT * FROM account WHERE account_id = ANY(@ids::text[]);

-- name: SaveAccounts :exec
-- Payment days below zero: any.
INSERT INTO account (account_id, state, payment_days)
SELECT unnest(@ids::text[]), unnest(@states::text[]), nullif(unnest(@days::int8[]), -1)
ON CONFLICT (account_id) DO UPDATE SET state = excluded.state, payment_days = excluded.payment_days;
