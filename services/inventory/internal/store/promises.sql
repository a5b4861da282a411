-- name: LoadSafetyStocks :many
SELECT * FROM safety_stock WHERE sku = ANY(@skus::text[]);

-- name: LoadQuotas :many
-- The limit makes it a probe of the index per item: a scan of the table would conflict, at SERIALIZABLE, with every
-- reservation of another replica that moves a quota. No item has so many channels.
SELECT found.sku, found.channel, found.quantity, found.reserved
FROM (SELECT unnest(@skus::text[]) AS sku) AS wanted,
LATERAL (SELECT q.sku, q.channel, q.quantity, q.reserved FROM channel_quota AS q WHERE q.sku = wanted.sku LIMIT 10000) AS found
WHERE array_length(@skus::text[], 1) > 0;

-- name: DueSoft :many
-- The soft reservations of the items whose time is over.
SELECT reservation_id FROM soft
WHERE sku = ANY(@skus::text[]) AND expires_at <= @now::timestamptz LIMIT @due_limit;

-- name: DueSoftOfAll :many
SELECT DISTINCT reservation_id FROM soft WHERE expires_at <= @now::timestamptz LIMIT @due_limit;

-- name: InsertSoft :exec
INSERT INTO soft (sku, expires_at, reservation_id)
SELECT unnest(@skus::text[]), unnest(@expires_at::timestamptz[]), unnest(@reservation_ids::uuid[])
ON CONFLICT (sku, expires_at, reservation_id) DO NOTHING;

-- name: DeleteSoft :exec
-- The items alone lead every server to the rows: CockroachDB before 21.1.1 walks the table for (a, b) IN (SELECT …). The
-- same holds for the other deletions of sets.
DELETE FROM soft
WHERE sku = ANY(@skus::text[]) AND (sku, expires_at, reservation_id) IN (
    SELECT unnest(@skus::text[]), unnest(@expires_at::timestamptz[]), unnest(@reservation_ids::uuid[])
);

-- name: UpdateReservationStates :exec
UPDATE reservation AS r SET state = n.state, expires_at = n.expires_at
FROM (
    SELECT unnest(@ids::uuid[]) AS id, unnest(@states::text[]) AS state, unnest(@expires_at::timestamptz[]) AS expires_at
) AS n
WHERE r.id = n.id AND r.id = ANY(@ids::uuid[])
  AND COALESCE(array_length(@states::text[], 1), array_length(@expires_at::timestamptz[], 1)) > 0;

-- name: MoveQuotas :exec
-- What was reserved of quotas, or given back; keys without a quota are passed over.
UPDATE channel_quota AS q SET reserved = q.reserved + n.change
FROM (
    SELECT unnest(@skus::text[]) AS sku, unnest(@channels::text[]) AS channel, unnest(@changes::int8[]) AS change
) AS n
WHERE q.sku = n.sku AND q.channel = n.channel AND q.sku = ANY(@skus::text[])
  AND COALESCE(array_length(@channels::text[], 1), array_length(@changes::int8[], 1)) > 0;

-- name: SaveSafetyStocks :exec
INSERT INTO safety_stock (sku, node_id, channel, quantity)
SELECT unnest(@skus::text[]), unnest(@node_ids::text[]), unnest(@channels::text[]), unnest(@quantities::int8[])
ON CONFLICT (sku, node_id, channel) DO UPDATE SET quantity = excluded.quantity;

-- name: DeleteSafetyStocks :exec
DELETE FROM safety_stock
WHERE (sku, node_id, channel) IN (SELECT unnest(@skus::text[]), unnest(@node_ids::text[]), unnest(@channels::text[]))
  AND sku = ANY(@skus::text[]);

-- name: ListSafetyStocks :many
SELECT * FROM safety_stock
WHERE (sku, node_id, channel) > (@after_sku::text, @after_node::text, @after_channel::text)
ORDER BY sku, node_id, channel LIMIT @page_limit;

-- name: ListSafetyStocksOfItems :many
SELECT * FROM safety_stock
WHERE sku = ANY(@skus::text[]) AND (sku, node_id, channel) > (@after_sku::text, @after_node::text, @after_channel::text)
ORDER BY sku, node_id, channel LIMIT @page_limit;

-- name: ReservedOfChannels :many
-- What remains of the channels' claims in places.
SELECT c.sku, r.channel, sum(c.remaining)::int8 AS reserved
FROM claim AS c JOIN reservation AS r ON r.id = c.reservation_id
WHERE c.sku = ANY(@skus::text[]) AND c.node_id <> '' AND c.remaining > 0 AND r.channel <> ''
GROUP BY c.sku, r.channel;

-- name: SaveQuotas :exec
INSERT INTO channel_quota (sku, channel, quantity, reserved)
SELECT unnest(@skus::text[]), unnest(@channels::text[]), unnest(@quantities::int8[]), unnest(@reserved::int8[])
ON CONFLICT (sku, channel) DO UPDATE SET quantity = excluded.quantity, reserved = excluded.reserved;

-- name: DeleteQuotas :exec
DELETE FROM channel_quota
WHERE (sku, channel) IN (SELECT unnest(@skus::text[]), unnest(@channels::text[])) AND sku = ANY(@skus::text[]);

-- name: ListQuotas :many
SELECT * FROM channel_quota
WHERE (sku, channel) > (@after_sku::text, @after_channel::text) ORDER BY sku, channel LIMIT @page_limit;

-- name: ListQuotasOfItems :many
SELECT * FROM channel_quota
WHERE sku = ANY(@skus::text[]) AND (sku, channel) > (@after_sku::text, @after_channel::text)
ORDER BY sku, channel LIMIT @page_limit;

-- name: FindHold :one
SELECT id, key, order_id, priority, excluded, refused, event_sequence, outcome, created_at, channel, state, expires_at,
       partner_id
FROM reservation WHERE key = @key::text AND state <> 'CONFIRMED';

-- name: LoadSupply :many
-- What is on its way and dated within the horizon.
SELECT sku, node_id, expected_at::timestamptz AS expected_at, (expected - received)::int8 AS quantity
FROM incoming
WHERE sku = ANY(@skus::text[]) AND open AND expected > received AND expected_at >= @now::timestamptz
  AND expected_at <= @until::timestamptz
ORDER BY expected_at;

-- name: LoadUncovered :many
-- What waits, with the time when it must be there.
SELECT w.sku, r.needed_at, w.quantity FROM waiting AS w JOIN reservation AS r ON r.id = w.reservation_id
WHERE w.sku = ANY(@skus::text[]);

-- name: LockPlans :many
-- The plans that are stored of these documents, among them those of other lines.
SELECT sku, node_id, document, line, expected, expected_at, version FROM incoming
WHERE source = 'PLAN' AND sku = ANY(@skus::text[]) AND node_id = ANY(@node_ids::text[]) AND document = ANY(@documents::text[])
ORDER BY sku, node_id, document, line FOR UPDATE;

-- name: SavePlans :exec
INSERT INTO incoming (sku, node_id, source, document, line, expected, received, expected_at, open, version)
SELECT plan.sku, plan.node_id, 'PLAN', plan.document, plan.line, plan.expected, 0,
       CASE WHEN plan.expected_at > '1970-01-01 00:00:00+00' THEN plan.expected_at END, plan.expected > 0, plan.version
FROM (
    SELECT unnest(@skus::text[]) AS sku, unnest(@node_ids::text[]) AS node_id, unnest(@documents::text[]) AS document,
           unnest(@lines::int8[]) AS line, unnest(@expected::int8[]) AS expected,
           unnest(@expected_at::timestamptz[]) AS expected_at, unnest(@versions::int8[]) AS version
) AS plan
WHERE COALESCE(array_length(@skus::text[], 1), array_length(@node_ids::text[], 1), array_length(@documents::text[], 1),
        array_length(@lines::int8[], 1), array_length(@expected::int8[], 1),
        array_length(@expected_at::timestamptz[], 1), array_length(@versions::int8[], 1)) > 0
ON CONFLICT (sku, node_id, source, document, line) DO UPDATE SET
    expected = excluded.expected, expected_at = excluded.expected_at, open = excluded.open, version = excluded.version;

-- name: LoadCalendars :many
SELECT node_id, priority, inactive, calendar FROM node;

-- name: Backlogs :many
-- How many order lines each place has still to ship. It reads all promises: asked only where a place has a capacity.
SELECT node_id, count(*) AS lines FROM claim
WHERE remaining > 0 AND node_id = ANY(@node_ids::text[]) GROUP BY node_id;
