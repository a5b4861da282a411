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
SELECT id, key, order_id, priority, excluded, event_sequence, channel, state, expires_at, partner_id
FROM reservation WHERE id = ANY(@ids::uuid[]) AND NOT refused ORDER BY id FOR UPDATE;

-- name: ReservationsByOrder :many
SELECT id, key, order_id, priority, excluded, event_sequence, channel, state, expires_at, partner_id
FROM reservation WHERE order_id = ANY(@order_ids::text[]) AND NOT refused ORDER BY id FOR UPDATE;

-- name: ReservationsByKey :many
SELECT id, key, order_id, priority, excluded, event_sequence, channel, state, expires_at, partner_id, refused, outcome
FROM reservation WHERE key = ANY(@keys::text[]) ORDER BY id FOR UPDATE;

-- name: LoadClaims :many
SELECT * FROM claim WHERE reservation_id = ANY(@reservation_ids::uuid[]) ORDER BY reservation_id, line_number, node_id;

-- name: ReservationsOnStock :many
-- Whose unpicked promises could be revoked.
SELECT DISTINCT c.reservation_id
FROM (SELECT unnest(@skus::text[]) AS sku, unnest(@node_ids::text[]) AS node_id) AS wanted
JOIN claim AS c ON c.sku = wanted.sku AND c.node_id = wanted.node_id
WHERE c.sku = ANY(@skus::text[]) AND c.node_id = ANY(@node_ids::text[]) AND c.remaining > c.picked;

-- name: LoadHandlings :many
SELECT * FROM handling WHERE order_id = ANY(@order_ids::text[]) ORDER BY order_id, fulfillment_id;

-- name: LoadCancellations :many
SELECT key, outcome FROM cancellation WHERE key = ANY(@keys::text[]);

-- name: LoadDeferred :many
SELECT d.sku, d.node_id, d.id, d.quantity, d.missing, d.document, d.occurred_at, d.from_bucket, d.to_bucket, d.lot,
       d.reason, d.counted
FROM (SELECT DISTINCT unnest(@skus::text[]) AS sku, unnest(@node_ids::text[]) AS node_id) AS wanted
JOIN deferred_fact AS d ON d.sku = wanted.sku AND d.node_id = wanted.node_id
WHERE d.sku = ANY(@skus::text[]) AND d.node_id = ANY(@node_ids::text[]) AND d.posted_at IS NULL
ORDER BY d.recorded_at, d.id;

-- name: InsertReservations :exec
-- The conflict clause makes a concurrent repeat of a key a serialization failure, which runs again and then finds it.
INSERT INTO reservation (id, key, order_id, priority, excluded, refused, event_sequence, outcome, channel, state, expires_at,
                         partner_id, needed_at, created_at)
SELECT unnest(@ids::uuid[]), unnest(@keys::text[]), unnest(@order_ids::text[]), unnest(@priorities::int8[]),
       unnest(@excluded::text[]), unnest(@refused::bool[]), unnest(@sequences::int8[]), unnest(@outcomes::bytea[]),
       unnest(@channels::text[]), unnest(@states::text[]), unnest(@expires_at::timestamptz[]), unnest(@partner_ids::text[]),
       unnest(@needed_at::timestamptz[]),
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
    held = n.held, lends_age = n.lends_age
FROM (
    SELECT unnest(@reservation_ids::uuid[]) AS reservation_id, unnest(@line_numbers::int8[]) AS line_number,
           unnest(@node_ids::text[]) AS node_id, unnest(@quantities::int8[]) AS quantity,
           unnest(@remaining::int8[]) AS remaining, unnest(@consumed::int8[]) AS consumed,
           unnest(@given_back::int8[]) AS given_back, unnest(@picked::int8[]) AS picked, unnest(@held::int8[]) AS held,
           unnest(@lends_age::bool[]) AS lends_age
) AS n
WHERE c.reservation_id = n.reservation_id AND c.line_number = n.line_number AND c.node_id = n.node_id
  AND c.reservation_id = ANY(@reservation_ids::uuid[])
  AND COALESCE(array_length(@line_numbers::int8[], 1), array_length(@node_ids::text[], 1),
        array_length(@quantities::int8[], 1), array_length(@remaining::int8[], 1),
        array_length(@consumed::int8[], 1), array_length(@given_back::int8[], 1), array_length(@picked::int8[], 1),
        array_length(@held::int8[], 1), array_length(@lends_age::bool[], 1)) > 0;

-- name: SaveBalances :exec
-- An upsert probes the key once per row, whatever the planner believes; a join might read the whole table.
INSERT INTO balance (sku, node_id, on_hand, quality_hold, damaged, reserved, picked, frozen, version, event_sequence, as_of,
                     unverified, counted_to)
SELECT unnest(@skus::text[]), unnest(@node_ids::text[]), unnest(@on_hand::int8[]), unnest(@quality_hold::int8[]),
       unnest(@damaged::int8[]), unnest(@reserved::int8[]), unnest(@picked::int8[]), unnest(@frozen::bool[]),
       unnest(@versions::int8[]), unnest(@sequences::int8[]), unnest(@as_of::timestamptz[]), unnest(@unverified::int8[]),
       unnest(@counted_to::timestamptz[])
ON CONFLICT (sku, node_id) DO UPDATE SET
    on_hand = excluded.on_hand, quality_hold = excluded.quality_hold, damaged = excluded.damaged,
    reserved = excluded.reserved, picked = excluded.picked, frozen = excluded.frozen, version = excluded.version,
    event_sequence = excluded.event_sequence, as_of = excluded.as_of, unverified = excluded.unverified,
    counted_to = excluded.counted_to;

-- name: SaveFreshness :exec
UPDATE balance SET fresh_until = changed.fresh_until, stale = changed.stale, stale_units = changed.stale_units,
    stale_bp = changed.stale_bp
FROM (SELECT unnest(@skus::text[]) AS sku, unnest(@node_ids::text[]) AS node_id, unnest(@fresh_untils::timestamptz[]) AS fresh_until,
             unnest(@stales::bool[]) AS stale, unnest(@stale_units::int8[]) AS stale_units, unnest(@stale_bps::int8[]) AS stale_bp) AS changed
WHERE balance.sku = changed.sku AND balance.node_id = changed.node_id AND balance.sku = ANY(@skus::text[])
    AND COALESCE(array_length(@node_ids::text[], 1), array_length(@fresh_untils::timestamptz[], 1), array_length(@stales::bool[], 1),
        array_length(@stale_units::int8[], 1), array_length(@stale_bps::int8[], 1)) > 0;

-- name: OverdueBalances :many
-- Balances of which nobody has said for too long what is there, and that are not marked so yet.
SELECT sku, node_id FROM balance WHERE NOT stale AND fresh_until <= @now::timestamptz
ORDER BY fresh_until LIMIT @page_limit;

-- name: InsertMovements :exec
INSERT INTO movement (sku, node_id, id, from_bucket, to_bucket, quantity, reason, source_document, occurred_at, lot,
                      recorded_at)
SELECT unnest(@skus::text[]), unnest(@node_ids::text[]), unnest(@ids::uuid[]), unnest(@from_buckets::text[]),
       unnest(@to_buckets::text[]), unnest(@quantities::int8[]), unnest(@reasons::text[]), unnest(@documents::text[]),
       unnest(@occurred_at::timestamptz[]), unnest(@lots::text[]), @recorded_at::timestamptz;

-- name: SaveWaiting :exec
INSERT INTO waiting (sku, rank, reservation_id, line_number, quantity)
SELECT unnest(@skus::text[]), unnest(@ranks::int8[]), unnest(@reservation_ids::uuid[]), unnest(@line_numbers::int8[]),
       unnest(@quantities::int8[])
ON CONFLICT (sku, rank, reservation_id, line_number) DO UPDATE SET quantity = excluded.quantity;

-- name: DeleteWaiting :exec
DELETE FROM waiting
WHERE sku = ANY(@skus::text[]) AND (sku, rank, reservation_id, line_number) IN (
    SELECT unnest(@skus::text[]), unnest(@ranks::int8[]), unnest(@reservation_ids::uuid[]), unnest(@line_numbers::int8[])
);

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
INSERT INTO deferred_fact (sku, node_id, id, quantity, missing, document, occurred_at, from_bucket, to_bucket, lot, reason,
                           counted, recorded_at)
SELECT unnest(@skus::text[]), unnest(@node_ids::text[]), unnest(@ids::text[]), unnest(@quantities::int8[]),
       unnest(@missing::int8[]), unnest(@documents::text[]), unnest(@occurred_at::timestamptz[]),
       unnest(@from_buckets::text[]), unnest(@to_buckets::text[]), unnest(@lots::text[]), unnest(@reasons::text[]),
       unnest(@counted::bool[]), @recorded_at::timestamptz;

-- name: PostDeferred :exec
UPDATE deferred_fact SET posted_at = @posted_at::timestamptz
WHERE sku = ANY(@skus::text[])
  AND (sku, node_id, id) IN (SELECT unnest(@skus::text[]), unnest(@node_ids::text[]), unnest(@ids::text[]));

-- name: FindItems :many
SELECT sku_key, sku, goods, scale, base_unit, lot_tracked FROM item WHERE sku_key = ANY(@sku_keys::text[]);

-- name: SaveItems :exec
INSERT INTO item (sku_key, sku, goods, scale, base_unit, lot_tracked, version)
SELECT unnest(@sku_keys::text[]), unnest(@skus::text[]), unnest(@goods::bool[]), unnest(@scales::int8[]),
       unnest(@base_units::text[]), unnest(@lot_tracked::bool[]), unnest(@versions::int8[])
ON CONFLICT (sku_key) DO UPDATE SET version = excluded.version WHERE item.version < excluded.version;

-- name: LockNodes :many
SELECT * FROM node WHERE node_id = ANY(@node_ids::text[]) ORDER BY node_id FOR UPDATE;

-- name: SaveNodes :exec
INSERT INTO node (node_id, priority, inactive, version, calendar)
SELECT unnest(@node_ids::text[]), unnest(@priorities::int8[]), unnest(@inactives::bool[]), unnest(@versions::int8[]),
       unnest(@calendars::bytea[])
ON CONFLICT (node_id) DO UPDATE SET
    priority = excluded.priority, inactive = excluded.inactive, version = excluded.version,
    calendar = excluded.calendar
WHERE node.version < excluded.version;

-- name: TouchBalancesOfNodes :many
-- What may be promised there has changed with the place: every balance gets a new version.
UPDATE balance SET version = version + 1, as_of = greatest(as_of, @as_of::timestamptz)
WHERE node_id = ANY(@node_ids::text[]) RETURNING sku, node_id;

-- name: ReadBalances :many
-- As LockBalances, without the lock.
SELECT found.*
FROM (SELECT DISTINCT unnest(@skus::text[]) AS sku, unnest(@node_ids::text[]) AS node_id) AS wanted,
LATERAL (SELECT b.* FROM balance AS b WHERE b.sku = wanted.sku AND b.node_id = wanted.node_id LIMIT 1) AS found
WHERE COALESCE(array_length(@skus::text[], 1), array_length(@node_ids::text[], 1)) > 0;

-- name: ReadBalancesOfItems :many
SELECT * FROM balance WHERE sku = ANY(@skus::text[]) ORDER BY sku, node_id;

-- name: StocksAfter :many
SELECT sku, node_id FROM balance WHERE (sku, node_id) > (@sku::text, @node_id::text) ORDER BY sku, node_id LIMIT @page_limit;

-- name: ListBalances :many
SELECT * FROM balance
WHERE (sku, node_id) > (@after_sku::text, @after_node::text)
  AND (coalesce(array_length(@node_ids::text[], 1), 0) = 0 OR node_id = ANY(@node_ids::text[]))
ORDER BY sku, node_id LIMIT @page_limit;

-- name: ListBalancesOfItems :many
SELECT * FROM balance
WHERE sku = ANY(@skus::text[]) AND (sku, node_id) > (@after_sku::text, @after_node::text)
  AND (coalesce(array_length(@node_ids::text[], 1), 0) = 0 OR node_id = ANY(@node_ids::text[]))
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

-- name: LoadLots :many
-- One probe per balance, as for balances.
SELECT found.*
FROM (SELECT unnest(@skus::text[]) AS sku, unnest(@node_ids::text[]) AS node_id) AS wanted,
LATERAL (SELECT l.* FROM lot_balance AS l WHERE l.sku = wanted.sku AND l.node_id = wanted.node_id) AS found
WHERE COALESCE(array_length(@skus::text[], 1), array_length(@node_ids::text[], 1)) > 0;

-- name: SaveLots :exec
INSERT INTO lot_balance (sku, node_id, lot, on_hand, quality_hold, damaged, expires_on, counted_to)
SELECT unnest(@skus::text[]), unnest(@node_ids::text[]), unnest(@lots::text[]), unnest(@on_hand::int8[]),
       unnest(@quality_hold::int8[]), unnest(@damaged::int8[]), unnest(@expires_on::text[]), unnest(@counted_to::timestamptz[])
ON CONFLICT (sku, node_id, lot) DO UPDATE SET
    on_hand = excluded.on_hand, quality_hold = excluded.quality_hold, damaged = excluded.damaged,
    expires_on = excluded.expires_on, counted_to = excluded.counted_to;

-- name: ListLots :many
SELECT * FROM lot_balance
WHERE sku = @sku::text AND (node_id, lot) > (@after_node::text, @after_lot::text)
  AND (@node_id::text = '' OR node_id = @node_id::text) AND (@include_empty::bool OR on_hand > 0)
ORDER BY node_id, lot LIMIT @page_limit;

-- name: ExpiredLots :many
-- Balances with something sellable of a lot after its last day of sale.
SELECT DISTINCT sku, node_id FROM lot_balance
WHERE expires_on > '' AND expires_on < @today::text AND on_hand - quality_hold - damaged > 0
ORDER BY sku, node_id LIMIT @page_limit;

-- name: ChangedSince :many
-- By how much the ledger says that what is physically there has changed after a moment. Ids are in the order in which they
-- were recorded, and nothing is recorded before it happens: first_id cuts off what is older than the moment.
SELECT wanted.position::int8 AS position, coalesce((
    SELECT sum(CASE WHEN m.to_bucket IN ('SELLABLE', 'QUALITY_HOLD', 'DAMAGED') THEN m.quantity ELSE 0 END
        - CASE WHEN m.from_bucket IN ('SELLABLE', 'QUALITY_HOLD', 'DAMAGED') THEN m.quantity ELSE 0 END)
    FROM movement AS m
    WHERE m.sku = wanted.sku AND m.node_id = wanted.node_id AND m.id >= wanted.first_id AND m.occurred_at > wanted.moment
      AND (NOT wanted.by_lot OR m.lot = wanted.lot)
), 0)::int8 AS change
FROM (
    SELECT unnest(@positions::int8[]) AS position, unnest(@skus::text[]) AS sku, unnest(@node_ids::text[]) AS node_id,
           unnest(@lots::text[]) AS lot, unnest(@by_lot::bool[]) AS by_lot, unnest(@first_ids::uuid[]) AS first_id,
           unnest(@moments::timestamptz[]) AS moment
) AS wanted
WHERE COALESCE(array_length(@positions::int8[], 1), array_length(@skus::text[], 1), array_length(@node_ids::text[], 1),
    array_length(@lots::text[], 1), array_length(@by_lot::bool[], 1), array_length(@first_ids::uuid[], 1),
    array_length(@moments::timestamptz[], 1)) > 0;

-- name: ListMovementsOfItem :many
SELECT * FROM movement
WHERE sku = @sku::text AND (node_id, id) > (@after_node::text, @after_id::uuid)
  AND (@node_id::text = '' OR node_id = @node_id::text) AND (@lot::text = '' OR lot = @lot::text)
  AND (@document::text = '' OR source_document = @document::text)
  AND recorded_at >= @recorded_from::timestamptz AND recorded_at < @recorded_before::timestamptz
ORDER BY node_id, id LIMIT @page_limit;

-- name: ListMovementsOfDocument :many
SELECT * FROM movement
WHERE source_document = @document::text AND (sku, node_id, id) > (@after_sku::text, @after_node::text, @after_id::uuid)
  AND (@node_id::text = '' OR node_id = @node_id::text) AND (@lot::text = '' OR lot = @lot::text)
  AND recorded_at >= @recorded_from::timestamptz AND recorded_at < @recorded_before::timestamptz
ORDER BY sku, node_id, id LIMIT @page_limit;

-- name: SaveIncoming :exec
INSERT INTO incoming (sku, node_id, source, document, line, expected, received, open, expected_at)
SELECT n.sku, n.node_id, n.source, n.document, n.line, n.expected, n.received, n.open,
       nullif(n.expected_at, '0001-01-01T00:00:00Z'::timestamptz)
FROM (
    SELECT unnest(@skus::text[]) AS sku, unnest(@node_ids::text[]) AS node_id, unnest(@sources::text[]) AS source,
           unnest(@documents::text[]) AS document, unnest(@lines::int8[]) AS line, unnest(@expected::int8[]) AS expected,
           unnest(@received::int8[]) AS received, unnest(@open::bool[]) AS open, unnest(@expected_at::timestamptz[]) AS expected_at
) AS n
WHERE COALESCE(array_length(@skus::text[], 1), array_length(@node_ids::text[], 1), array_length(@sources::text[], 1),
    array_length(@documents::text[], 1), array_length(@lines::int8[], 1), array_length(@expected::int8[], 1),
    array_length(@received::int8[], 1), array_length(@open::bool[], 1), array_length(@expected_at::timestamptz[], 1)) > 0
ON CONFLICT (sku, node_id, source, document, line) DO UPDATE SET
    expected = excluded.expected, received = excluded.received, expected_at = excluded.expected_at, open = excluded.open;

-- name: CountIncomingDocuments :many
INSERT INTO incoming_document (document, event_sequence)
SELECT unnest(@documents::text[]), 1
ON CONFLICT (document) DO UPDATE SET event_sequence = incoming_document.event_sequence + 1
RETURNING document, event_sequence;

-- name: IncomingOfItem :many
SELECT * FROM incoming WHERE sku = @sku::text AND open ORDER BY node_id, source, document, line;

-- name: InsertTransfer :exec
INSERT INTO transfer (id, from_node_id, to_node_id, reference, closed, shipped_at, expected_at)
VALUES (@id, @from_node_id, @to_node_id, @reference, false, @shipped_at, @expected_at);

-- name: UpdateTransfer :exec
UPDATE transfer SET closed = @closed, expected_at = @expected_at WHERE id = @id;

-- name: SaveTransferLines :exec
INSERT INTO transfer_line (transfer_id, position, sku, lot, shipped, received, lost, surplus)
SELECT @transfer_id::uuid, unnest(@positions::int8[]), unnest(@skus::text[]), unnest(@lots::text[]), unnest(@shipped::int8[]),
       unnest(@received::int8[]), unnest(@lost::int8[]), unnest(@surplus::int8[])
ON CONFLICT (transfer_id, position) DO UPDATE SET
    received = excluded.received, lost = excluded.lost, surplus = excluded.surplus;

-- name: LockTransfer :many
SELECT * FROM transfer WHERE id = @id FOR UPDATE;

-- name: ListTransfers :many
SELECT * FROM transfer
WHERE id < @before_id::uuid AND (@to_node_id::text = '' OR to_node_id = @to_node_id::text)
ORDER BY id DESC LIMIT @page_limit;

-- name: ReadTransfer :many
SELECT * FROM transfer WHERE id = @id;

-- name: TransferLines :many
SELECT * FROM transfer_line WHERE transfer_id = ANY(@transfer_ids::uuid[]) ORDER BY transfer_id, position;

-- name: InsertCount :exec
INSERT INTO stock_count (id, node_id, reference, started_at) VALUES (@id, @node_id, @reference, @started_at);

-- name: SaveCountLines :exec
INSERT INTO stock_count_line (count_id, position, sku, lot, expected, recorded, counted, difference, refused, counted_at)
SELECT @count_id::uuid, n.position, n.sku, n.lot, n.expected, n.recorded, n.counted, n.difference, n.refused,
       nullif(n.counted_at, '0001-01-01T00:00:00Z'::timestamptz)
FROM (
    SELECT unnest(@positions::int8[]) AS position, unnest(@skus::text[]) AS sku, unnest(@lots::text[]) AS lot,
           unnest(@expected::int8[]) AS expected, unnest(@recorded::bool[]) AS recorded, unnest(@counted::int8[]) AS counted,
           unnest(@differences::int8[]) AS difference, unnest(@refused::text[]) AS refused,
           unnest(@counted_at::timestamptz[]) AS counted_at
) AS n
WHERE COALESCE(array_length(@positions::int8[], 1), array_length(@skus::text[], 1), array_length(@lots::text[], 1),
    array_length(@expected::int8[], 1), array_length(@recorded::bool[], 1), array_length(@counted::int8[], 1),
    array_length(@differences::int8[], 1), array_length(@refused::text[], 1), array_length(@counted_at::timestamptz[], 1)) > 0
ON CONFLICT (count_id, position) DO UPDATE SET
    recorded = excluded.recorded, counted = excluded.counted, difference = excluded.difference,
    counted_at = excluded.counted_at, refused = excluded.refused;

-- name: ReadCount :many
SELECT * FROM stock_count WHERE id = @id;

-- name: ListCounts :many
SELECT c.* FROM stock_count AS c
WHERE c.id < @before_id::uuid AND (@node_id::text = '' OR c.node_id = @node_id::text)
  AND (NOT @open_only::bool OR EXISTS (SELECT 1 FROM stock_count_line AS l WHERE l.count_id = c.id AND NOT l.recorded))
ORDER BY c.id DESC LIMIT @page_limit;

-- name: CountProgress :many
SELECT count_id, count(*)::int8 AS lines, COALESCE(sum(CASE WHEN recorded THEN 1 ELSE 0 END), 0)::int8 AS recorded,
       COALESCE(sum(CASE WHEN refused <> '' THEN 1 ELSE 0 END), 0)::int8 AS refused
FROM stock_count_line WHERE count_id = ANY(@count_ids::uuid[])
GROUP BY count_id;

-- name: CountLines :many
SELECT * FROM stock_count_line WHERE count_id = @count_id ORDER BY position;

-- name: SnapshotSources :many
SELECT * FROM snapshot_source ORDER BY source;

-- name: SetSnapshotSource :many
INSERT INTO snapshot_source (source, lag_seconds, ignored, fresh_seconds, stale_units, stale_bp)
VALUES (@source, @lag_seconds, 0, @fresh_seconds, @stale_units, @stale_bp)
ON CONFLICT (source) DO UPDATE SET lag_seconds = excluded.lag_seconds, fresh_seconds = excluded.fresh_seconds,
    stale_units = excluded.stale_units, stale_bp = excluded.stale_bp
RETURNING *;

-- name: CountIgnoredSnapshots :exec
INSERT INTO snapshot_source (source, lag_seconds, ignored) VALUES (@source, 0, @ignored)
ON CONFLICT (source) DO UPDATE SET ignored = snapshot_source.ignored + excluded.ignored;

-- name: SnapshotPositions :many
SELECT found.sku, found.node_id, found.lot, found.source_seq
FROM (SELECT unnest(@skus::text[]) AS sku, unnest(@node_ids::text[]) AS node_id, unnest(@lots::text[]) AS lot) AS wanted,
LATERAL (
    SELECT p.* FROM snapshot_position AS p
    WHERE p.sku = wanted.sku AND p.node_id = wanted.node_id AND p.lot = wanted.lot AND p.source = @source::text
) AS found
WHERE COALESCE(array_length(@skus::text[], 1), array_length(@node_ids::text[], 1), array_length(@lots::text[], 1)) > 0;

-- name: SaveSnapshotPositions :exec
INSERT INTO snapshot_position (sku, node_id, lot, source, source_seq, as_of, quantity)
SELECT unnest(@skus::text[]), unnest(@node_ids::text[]), unnest(@lots::text[]), @source::text, unnest(@sequences::int8[]),
       unnest(@as_ofs::timestamptz[]), unnest(@quantities::int8[])
ON CONFLICT (sku, node_id, lot, source) DO UPDATE SET source_seq = excluded.source_seq,
    as_of = greatest(snapshot_position.as_of, excluded.as_of),
    quantity = CASE WHEN excluded.quantity >= 0 THEN excluded.quantity ELSE snapshot_position.quantity END;

-- name: SnapshotMoments :many
SELECT sku, node_id, max(as_of)::timestamptz AS as_of FROM snapshot_position
WHERE sku = ANY(@skus::text[]) AND as_of > '1970-01-01T00:00:00Z'
GROUP BY sku, node_id;
