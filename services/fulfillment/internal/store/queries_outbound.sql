-- name: LockShipments :many
-- The shipments of the set, by id, or by number and node (every number with every node of the set: a few more may come back), in
-- the order of their ids, locked until the transaction ends.
SELECT * FROM shipment
WHERE shipment_id = ANY(@ids::uuid[]) OR warehouse_shipment_id = ANY(@numbers::text[]) AND node_id = ANY(@node_ids::text[])
ORDER BY shipment_id FOR UPDATE;

-- name: UpdateShipments :exec
UPDATE shipment SET state = n.state, lines = n.lines::jsonb, cartons = n.cartons::jsonb, flaws = n.flaws::jsonb,
    milestones = n.milestones::jsonb, carrier = n.carrier, tracking_number = n.tracking_number, content_hash = n.content_hash,
    event_sequence = n.event_sequence, shipped_at = n.shipped_at
FROM (SELECT unnest(@ids::uuid[]) AS id, unnest(@states::text[]) AS state, unnest(@lines::text[]) AS lines,
             unnest(@cartons::text[]) AS cartons, unnest(@flaws::text[]) AS flaws, unnest(@milestones::text[]) AS milestones,
             unnest(@carriers::text[]) AS carrier, unnest(@tracking_numbers::text[]) AS tracking_number,
             unnest(@content_hashes::bytea[]) AS content_hash, unnest(@event_sequences::int8[]) AS event_sequence,
             unnest(@shipped_ats::timestamptz[]) AS shipped_at) AS n
WHERE shipment.shipment_id = n.id AND shipment.shipment_id = ANY(@ids::uuid[])
    AND COALESCE(array_length(@states::text[], 1), array_length(@lines::text[], 1), array_length(@cartons::text[], 1),
        array_length(@flaws::text[], 1), array_length(@milestones::text[], 1), array_length(@carriers::text[], 1),
        array_length(@tracking_numbers::text[], 1), array_length(@content_hashes::bytea[], 1),
        array_length(@event_sequences::int8[], 1), array_length(@shipped_ats::timestamptz[], 1)) > 0;

-- name: FindAllowances :many
-- What comes back of the lines of shipments, locked in order.
SELECT * FROM return_allowance WHERE shipment_id = ANY(@shipment_ids::uuid[]) ORDER BY shipment_line_id FOR UPDATE;

-- name: ReduceAllowances :exec
UPDATE return_allowance SET shipped = n.shipped
FROM (SELECT unnest(@shipment_line_ids::text[]) AS id, unnest(@shippeds::int8[]) AS shipped) AS n
WHERE return_allowance.shipment_line_id = n.id AND return_allowance.shipment_line_id = ANY(@shipment_line_ids::text[])
    AND array_length(@shippeds::int8[], 1) > 0;

-- name: OpenExceptions :many
-- Gives those that were not opened before.
INSERT INTO fulfillment_exception (exception_id, kind, subject, order_id, partner_id, node_id, fulfillment_id, shipment_id, reason,
    message, report, is_open, opened_at, resolved_at, resolution, sequence)
SELECT unnest(@ids::uuid[]), unnest(@kinds::text[]), unnest(@subjects::text[]), unnest(@order_ids::text[]),
       unnest(@partner_ids::text[]), unnest(@node_ids::text[]), unnest(@fulfillment_ids::uuid[]), unnest(@shipment_ids::uuid[]),
       unnest(@reasons::text[]), unnest(@messages::text[]), unnest(@reports::text[]), true, @now::timestamptz,
       @never::timestamptz, '', 1
ON CONFLICT (subject, kind) DO NOTHING RETURNING *;

-- name: ListExceptions :many
-- The newest first, before the given one; an empty filter does not restrict.
SELECT * FROM fulfillment_exception
WHERE exception_id < @before AND is_open = ANY(@open::bool[]) AND (@kind::text = '' OR kind = @kind)
    AND (@order_id::text = '' OR order_id = @order_id) AND (@partner_id::text = '' OR partner_id = @partner_id)
ORDER BY exception_id DESC LIMIT @page_limit;

-- name: ResolveException :one
UPDATE fulfillment_exception SET is_open = false, resolved_at = @now, resolution = @resolution, sequence = sequence + 1
WHERE exception_id = @id AND is_open RETURNING *;

-- name: GetException :one
SELECT * FROM fulfillment_exception WHERE exception_id = @id;

-- name: ParkReports :exec
INSERT INTO parked_report (report_id, kind, subject, report, shard, attempt, due_at, expires_at, recorded_at)
SELECT unnest(@ids::uuid[]), unnest(@kinds::text[]), unnest(@subjects::text[]), unnest(@reports::bytea[]), unnest(@shards::int8[]), 0,
       @due_at::timestamptz, @expires_at::timestamptz, @now::timestamptz
ON CONFLICT (report_id) DO NOTHING;

-- name: LockParked :many
-- In the order in which they came, as far as their times allow.
SELECT * FROM parked_report WHERE shard = ANY(@shards::int8[]) AND due_at <= @now ORDER BY due_at, recorded_at LIMIT @page_limit
FOR UPDATE;

-- name: PostponeParked :exec
UPDATE parked_report SET attempt = attempt + 1, due_at = n.due_at
FROM (SELECT unnest(@ids::uuid[]) AS id, unnest(@due_ats::timestamptz[]) AS due_at) AS n
WHERE parked_report.report_id = n.id AND parked_report.report_id = ANY(@ids::uuid[]) AND array_length(@due_ats::timestamptz[], 1) > 0;

-- name: DeleteParked :exec
DELETE FROM parked_report WHERE report_id = ANY(@ids::uuid[]);

-- name: FindLotTracked :many
SELECT sku_key FROM item WHERE sku_key = ANY(@sku_keys::text[]) AND lot_tracked;
