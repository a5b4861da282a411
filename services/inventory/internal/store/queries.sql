-- name: LoadNodes :many
SELECT node_id, priority, inactive FROM node;

-- name: LoadOutcomes :many
-- One probe of the index per key, whatever the planner believes of the table's size: a join with a small table becomes a
-- sequential scan, which at SERIALIZABLE conflicts with every insert. The length names the parameter outside of FROM: a
-- CockroachDB before 21.1 takes one that stands only in FROM for text, whatever it is cast to.
SELECT found.key, found.outcome
FROM (SELECT unnest(@keys::text[]) AS key) AS wanted,
LATERAL (SELECT r.key, r.outcome FROM reservation AS r WHERE r.key = wanted.key LIMIT 1) AS found
WHERE array_length(@keys::text[], 1) > 0;

-- name: LockBalancesOfItems :many
SELECT * FROM balance WHERE sku = ANY(@skus::text[]) ORDER BY sku, node_id FOR UPDATE;

-- name: LockBalances :many
-- One probe per balance, in the order of the arrays: as a join, or with IN, it may walk the whole index, which at
-- SERIALIZABLE conflicts with every write to it. CockroachDB before 21.1.1 knows no other way for (a, b) IN (SELECT …).
SELECT found.*
FROM (SELECT unnest(@skus::text[]) AS sku, unnest(@node_ids::text[]) AS node_id) AS wanted,
LATERAL (SELECT b.* FROM balance AS b WHERE b.sku = wanted.sku AND b.node_id = wanted.node_id LIMIT 1 FOR UPDATE) AS found
WHERE COALESCE(array_length(@skus::text[], 1), array_length(@node_ids::text[], 1)) > 0;

-- name: ItemsWaitedFor :many
SELECT queue.sku
FROM (SELECT unnest(@skus::text[]) AS sku) AS wanted,
LATERAL (SELECT w.sku FROM waiting AS w WHERE w.sku = wanted.sku LIMIT 1) AS queue
WHERE array_length(@skus::text[], 1) > 0;

-- name: LoadWaiting :many
-- The head of each item's queue.
SELECT queue.sku, queue.rank, queue.reservation_id, queue.line_number
FROM (SELECT unnest(@skus::text[]) AS sku) AS wanted,
LATERAL (
    SELECT w.sku, w.rank, w.reservation_id, w.line_number
    FROM waiting AS w
    WHERE w.sku = wanted.sku
    ORDER BY w.rank, w.reservation_id, w.line_number
    LIMIT @queue_limit
) AS queue
WHERE array_length(@skus::text[], 1) > 0;

-- name: ReservationsByID :many
SELECT id, key, order_id, priority, excluded, event_sequence
FROM reservation WHERE id = ANY(@ids::uuid[]) AND NOT refused ORDER BY id FOR UPDATE;

-- name: ReservationsByOrder :many
SELECT id, key, order_id, priority, excluded, event_sequence
FROM reservation WHERE order_id = ANY(@order_ids::text[]) AND NOT refused ORDER BY id FOR UPDATE;

-- name: ReservationsByKey :many
SELECT id, key, order_id, priority, excluded, event_sequence, refused, outcome
FROM reservation WHERE key = ANY(@keys::text[]) ORDER BY id FOR UPDATE;

-- name: LoadClaims :many
SELECT * FROM claim WHERE reservation_id = ANY(@reservation_ids::uuid[]) ORDER BY reservation_id, line_number, node_id;

-- name: ReservationsOnStock :many
-- Whose unpicked promises could be revoked.
SELECT DISTINCT reservation_id FROM claim
WHERE (sku, node_id) IN (SELECT unnest(@skus::text[]), unnest(@node_ids::text[])) AND remaining > picked;

-- name: LoadHandlings :many
SELECT * FROM handling WHERE order_id = ANY(@order_ids::text[]) ORDER BY order_id, fulfillment_id;

-- name: LoadCancellations :many
SELECT key, outcome FROM cancellation WHERE key = ANY(@keys::text[]);

-- name: LoadDeferred :many
SELECT sku, node_id, id, quantity, missing, document, occurred_at
FROM deferred_fact
WHERE (sku, node_id) IN (SELECT unnest(@skus::text[]), unnest(@node_ids::text[])) AND posted_at IS NULL
ORDER BY recorded_at, id;

-- name: InsertReservations :exec
-- The conflict clause makes a concurrent repeat of a key a serialization failure, which runs again and then finds it.
INSERT INTO reservation (id, key, order_id, priority, excluded, refused, event_sequence, outcome, created_at)
SELECT unnest(@ids::uuid[]), unnest(@keys::text[]), unnest(@order_ids::text[]), unnest(@priorities::int8[]),
       unnest(@excluded::text[]), unnest(@refused::bool[]), unnest(@sequences::int8[]), unnest(@outcomes::bytea[]),
       @created_at::timestamptz
ON CONFLICT (key) DO NOTHING;

-- name: UpdateReservations :exec
UPDATE reservation AS r SET event_sequence = n.event_sequence
FROM (SELECT unnest(@ids::uuid[]) AS id, unnest(@sequences::int8[]) AS event_sequence) AS n
WHERE r.id = n.id AND r.id = ANY(@ids::uuid[]) AND array_length(@sequences::int8[], 1) > 0;

-- name: InsertClaims :exec
INSERT INTO claim (reservation_id, line_number, node_id, sku, quantity, remaining, consumed, given_back, picked, held)
SELECT unnest(@reservation_ids::uuid[]), unnest(@line_numbers::int8[]), unnest(@node_ids::text[]), unnest(@skus::text[]),
       unnest(@quantities::int8[]), unnest(@remaining::int8[]), unnest(@consumed::int8[]), unnest(@given_back::int8[]),
       unnest(@picked::int8[]), unnest(@held::int8[]);

-- name: UpdateClaims :exec
UPDATE claim AS c
SET quantity = n.quantity, remaining = n.remaining, consumed = n.consumed, given_back = n.given_back, picked = n.picked,
    held = n.held
FROM (
    SELECT unnest(@reservation_ids::uuid[]) AS reservation_id, unnest(@line_numbers::int8[]) AS line_number,
           unnest(@node_ids::text[]) AS node_id, unnest(@quantities::int8[]) AS quantity,
           unnest(@remaining::int8[]) AS remaining, unnest(@consumed::int8[]) AS consumed,
           unnest(@given_back::int8[]) AS given_back, unnest(@picked::int8[]) AS picked, unnest(@held::int8[]) AS held
) AS n
WHERE c.reservation_id = n.reservation_id AND c.line_number = n.line_number AND c.node_id = n.node_id
  AND c.reservation_id = ANY(@reservation_ids::uuid[])
  AND COALESCE(array_length(@line_numbers::int8[], 1), array_length(@node_ids::text[], 1),
        array_length(@quantities::int8[], 1), array_length(@remaining::int8[], 1),
        array_length(@consumed::int8[], 1), array_length(@given_back::int8[], 1), array_length(@picked::int8[], 1),
        array_length(@held::int8[], 1)) > 0;

-- name: SaveBalances :exec
-- An upsert probes the key once per row, whatever the planner believes; a join might read the whole table.
INSERT INTO balance (sku, node_id, on_hand, quality_hold, damaged, reserved, picked, frozen, version, event_sequence, as_of)
SELECT unnest(@skus::text[]), unnest(@node_ids::text[]), unnest(@on_hand::int8[]), unnest(@quality_hold::int8[]),
       unnest(@damaged::int8[]), unnest(@reserved::int8[]), unnest(@picked::int8[]), unnest(@frozen::bool[]),
       unnest(@versions::int8[]), unnest(@sequences::int8[]), unnest(@as_of::timestamptz[])
ON CONFLICT (sku, node_id) DO UPDATE SET
    on_hand = excluded.on_hand, quality_hold = excluded.quality_hold, damaged = excluded.damaged,
    reserved = excluded.reserved, picked = excluded.picked, frozen = excluded.frozen, version = excluded.version,
    event_sequence = excluded.event_sequence, as_of = excluded.as_of;

-- name: InsertMovements :exec
INSERT INTO movement (sku, node_id, id, from_bucket, to_bucket, quantity, reason, source_document, occurred_at, recorded_at)
SELECT unnest(@skus::text[]), unnest(@node_ids::text[]), unnest(@ids::uuid[]), unnest(@from_buckets::text[]),
       unnest(@to_buckets::text[]), unnest(@quantities::int8[]), unnest(@reasons::text[]), unnest(@documents::text[]),
       unnest(@occurred_at::timestamptz[]), @recorded_at::timestamptz;

-- name: SaveWaiting :exec
INSERT INTO waiting (sku, rank, reservation_id, line_number, quantity)
SELECT unnest(@skus::text[]), unnest(@ranks::int8[]), unnest(@reservation_ids::uuid[]), unnest(@line_numbers::int8[]),
       unnest(@quantities::int8[])
ON CONFLICT (sku, rank, reservation_id, line_number) DO UPDATE SET quantity = excluded.quantity;

-- name: DeleteWaiting :exec
DELETE FROM waiting
WHERE (sku, rank, reservation_id, line_number) IN (
    SELECT unnest(@skus::text[]), unnest(@ranks::int8[]), unnest(@reservation_ids::uuid[]), unnest(@line_numbers::int8[])
) AND reservation_id = ANY(@reservation_ids::uuid[]);

-- name: SaveHandlings :exec
INSERT INTO handling (order_id, fulfillment_id, node_id, lines)
SELECT unnest(@order_ids::text[]), unnest(@fulfillment_ids::text[]), unnest(@node_ids::text[]),
       unnest(@lines::text[])::jsonb
ON CONFLICT (order_id, fulfillment_id) DO UPDATE SET lines = excluded.lines;

-- name: InsertCancellations :exec
INSERT INTO cancellation (key, order_id, outcome, created_at)
SELECT unnest(@keys::text[]), unnest(@order_ids::text[]), unnest(@outcomes::bytea[]), @created_at::timestamptz
ON CONFLICT (key) DO NOTHING;

-- name: InsertDeferred :exec
INSERT INTO deferred_fact (sku, node_id, id, quantity, missing, document, occurred_at, recorded_at)
SELECT unnest(@skus::text[]), unnest(@node_ids::text[]), unnest(@ids::text[]), unnest(@quantities::int8[]),
       unnest(@missing::int8[]), unnest(@documents::text[]), unnest(@occurred_at::timestamptz[]),
       @recorded_at::timestamptz;

-- name: PostDeferred :exec
UPDATE deferred_fact SET posted_at = @posted_at::timestamptz
WHERE (sku, node_id, id) IN (SELECT unnest(@skus::text[]), unnest(@node_ids::text[]), unnest(@ids::text[]));

-- name: FindItems :many
SELECT sku_key, sku, goods, scale, base_unit FROM item WHERE sku_key = ANY(@sku_keys::text[]);

-- name: SaveItems :exec
INSERT INTO item (sku_key, sku, goods, scale, base_unit, version)
SELECT unnest(@sku_keys::text[]), unnest(@skus::text[]), unnest(@goods::bool[]), unnest(@scales::int8[]),
       unnest(@base_units::text[]), unnest(@versions::int8[])
ON CONFLICT (sku_key) DO UPDATE SET version = excluded.version WHERE item.version < excluded.version;

-- name: LockNodes :many
SELECT * FROM node WHERE node_id = ANY(@node_ids::text[]) ORDER BY node_id FOR UPDATE;

-- name: SaveNodes :exec
INSERT INTO node (node_id, priority, inactive, version)
SELECT unnest(@node_ids::text[]), unnest(@priorities::int8[]), unnest(@inactives::bool[]), unnest(@versions::int8[])
ON CONFLICT (node_id) DO UPDATE SET
    priority = excluded.priority, inactive = excluded.inactive, version = excluded.version
WHERE node.version < excluded.version;

-- name: TouchBalancesOfNodes :many
-- What may be promised there has changed with the place: every balance gets a new version.
UPDATE balance SET version = version + 1, as_of = greatest(as_of, @as_of::timestamptz)
WHERE node_id = ANY(@node_ids::text[]) RETURNING sku, node_id;

-- name: ReadBalances :many
SELECT * FROM balance
WHERE (sku, node_id) IN (SELECT unnest(@skus::text[]), unnest(@node_ids::text[]));

-- name: ReadBalancesOfItems :many
SELECT * FROM balance WHERE sku = ANY(@skus::text[]) ORDER BY sku, node_id;

-- name: ListBalances :many
SELECT * FROM balance WHERE (sku, node_id) > (@after_sku::text, @after_node::text) ORDER BY sku, node_id LIMIT @page_limit;

-- name: ListBalancesOfItems :many
SELECT * FROM balance
WHERE sku = ANY(@skus::text[]) AND (sku, node_id) > (@after_sku::text, @after_node::text)
ORDER BY sku, node_id LIMIT @page_limit;

-- name: ServableItems :many
-- Items for which demand waits beside stock that may be promised.
SELECT DISTINCT w.sku
FROM waiting AS w
JOIN balance AS b ON b.sku = w.sku
JOIN node AS n ON n.node_id = b.node_id
WHERE NOT n.inactive AND NOT b.frozen AND b.on_hand - b.quality_hold - b.damaged - b.reserved > 0
  AND w.sku > @after_sku::text
ORDER BY w.sku LIMIT @page_limit;

-- name: FindNodes :many
SELECT node_id FROM node WHERE node_id = ANY(@node_ids::text[]);
