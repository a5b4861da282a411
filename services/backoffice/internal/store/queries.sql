-- name: SaveDrafts :exec
INSERT INTO draft (order_id, content) SELECT unnest(@order_ids::text[]), unnest(@contents::bytea[])
ON CONFLICT (order_id) DO NOTHING;

-- name: TakeDrafts :many
DELETE FROM draft WHERE order_id = ANY(@order_ids::text[]) RETURNING order_id, content;

-- name: FindPosted :many
SELECT document_id FROM posted WHERE document_id = ANY(@ids::text[]);

-- name: FindQueued :many
SELECT document_id FROM post WHERE document_id = ANY(@ids::text[]);

-- name: InsertPosts :exec
INSERT INTO post (document_id, order_id, position, shard, state, content, after_invoices, told, cause, enqueued_at, attempt, reason, message)
SELECT unnest(@ids::text[]), unnest(@order_ids::text[]), unnest(@positions::int8[]), unnest(@shards::int8[]), 'WAITING',
       unnest(@contents::bytea[]), unnest(@after_invoices::int8[]), unnest(@tolds::int8[]), unnest(@causes::text[]),
       @now::timestamptz, 0, '', ''
ON CONFLICT (document_id) DO NOTHING;

-- name: FindHeads :many
-- What may go now, the longest waiting first: nothing of its order that must go before is left in the queue, its order is known
-- to the ERP, unless it is an order itself or stands alone, and the invoices after which it comes are posted. The index is followed
-- for each shard only as far as the page needs it: a long queue is not walked over with every call. What is posted is asked for
-- without EXISTS, which a planner may answer by reading all that was ever posted.
SELECT head.document_id, head.order_id, head.shard, head.attempt, head.bytes::int8 AS bytes
FROM (SELECT unnest(@shards::int8[]) AS shard) AS owned,
LATERAL (
    SELECT p.document_id, p.order_id, p.shard, p.attempt, p.enqueued_at, length(p.content) AS bytes
    FROM post AS p
    WHERE p.shard = owned.shard AND p.state = 'WAITING'
        AND NOT EXISTS (SELECT 1 FROM post AS e WHERE e.order_id = p.order_id AND e.position < p.position)
        AND (p.position < @first_after_order OR p.order_id = p.document_id
            OR (SELECT d.document_id FROM posted AS d WHERE d.document_id = p.order_id || '/0') IS NOT NULL)
        AND (p.after_invoices = 0 OR p.after_invoices <=
            (SELECT count(*) FROM posted AS i WHERE i.order_id = p.order_id AND substr(i.document_id, 1, 4) = 'inv_'))
    ORDER BY p.enqueued_at, p.document_id LIMIT @page_limit
) AS head
WHERE COALESCE(array_length(@shards::int8[], 1), 0) > 0
ORDER BY head.enqueued_at, head.document_id LIMIT @page_limit;

-- name: MarkSent :many
UPDATE post SET attempt = attempt + 1 WHERE document_id = ANY(@ids::text[]) AND state = 'WAITING'
RETURNING document_id, content;

-- name: MarkUnsent :exec
UPDATE post SET attempt = attempt - 1 WHERE document_id = ANY(@ids::text[]) AND attempt > 0;

-- name: TakePosts :many
DELETE FROM post WHERE document_id = ANY(@ids::text[]) RETURNING document_id, attempt, told, cause;

-- name: InsertPosted :exec
INSERT INTO posted (document_id, order_id, erp_number, posted_at, told)
SELECT unnest(@ids::text[]), unnest(@order_ids::text[]), unnest(@numbers::text[]), unnest(@posted_ats::timestamptz[]), unnest(@tolds::int8[])
ON CONFLICT (document_id) DO NOTHING;

-- name: Stick :many
UPDATE post SET state = 'STUCK', reason = n.reason, message = n.message, told = post.told + 1
FROM (SELECT unnest(@ids::text[]) AS id, unnest(@reasons::text[]) AS reason, unnest(@messages::text[]) AS message) AS n
WHERE post.document_id = n.id AND post.state = 'WAITING' AND post.document_id = ANY(@ids::text[])
    AND COALESCE(array_length(@reasons::text[], 1), array_length(@messages::text[], 1)) > 0
RETURNING post.document_id, post.attempt, post.told, post.cause;

-- name: Retry :many
UPDATE post SET state = 'WAITING', reason = '', message = '', told = told + 1 WHERE document_id = ANY(@ids::text[]) AND state = 'STUCK'
RETURNING document_id, order_id, told;

-- name: CountPosts :many
SELECT state, count(*) AS posts, min(enqueued_at)::timestamptz AS oldest FROM post GROUP BY state;

-- name: ListStuck :many
SELECT document_id, order_id, reason, message, enqueued_at, attempt
FROM post WHERE state = 'STUCK' AND document_id > @after ORDER BY document_id LIMIT @page_limit;

-- name: ListWaiting :many
SELECT document_id FROM post WHERE state = 'WAITING' AND document_id > @after ORDER BY document_id LIMIT @page_limit;

-- name: TakePosted :many
DELETE FROM posted WHERE document_id = ANY(@ids::text[]) RETURNING document_id, order_id, erp_number, told;

-- name: MarkAsked :exec
-- As if they had been sent once: they are asked for first.
UPDATE post SET attempt = 1 WHERE document_id = ANY(@ids::text[]) AND attempt = 0;

-- name: CountQueued :one
SELECT count(*) FROM post WHERE document_id = ANY(@ids::text[]);
