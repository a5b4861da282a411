-- name: InsertOrders :many
-- The ids of those that were not there.
INSERT INTO warehouse_order (fulfillment_id, node_id, carrier, lines, stopped, received_at)
SELECT unnest(@ids::uuid[]), unnest(@node_ids::text[]), unnest(@carriers::text[]), unnest(@lines::text[])::jsonb, @stopped::bool, @now::timestamptz
ON CONFLICT (fulfillment_id) DO NOTHING
RETURNING fulfillment_id;

-- name: InsertWork :exec
-- What is there already stays as it is.
INSERT INTO work (fulfillment_id, kind, step, shard, due_at, attempt, parcel)
SELECT unnest(@ids::uuid[]), @kind::text, unnest(@steps::text[]), unnest(@shards::int8[]), @due_at::timestamptz, 0, '[]'::jsonb
ON CONFLICT (fulfillment_id, kind) DO NOTHING;

-- name: FindStandings :many
SELECT o.fulfillment_id, o.stopped, COALESCE(w.step, '') AS step
FROM warehouse_order o LEFT JOIN work w ON w.fulfillment_id = o.fulfillment_id AND w.kind = 'ORDER'
WHERE o.fulfillment_id = ANY(@ids::uuid[]);

-- name: StopOrders :exec
UPDATE warehouse_order SET stopped = true WHERE fulfillment_id = ANY(@ids::uuid[]);

-- name: FindDue :many
SELECT w.fulfillment_id, w.kind, w.step, w.due_at, w.attempt, w.parcel, o.node_id, o.carrier, o.lines
FROM work w JOIN warehouse_order o ON o.fulfillment_id = w.fulfillment_id
WHERE w.shard = ANY(@shards::int8[]) AND w.due_at >= @lower AND w.due_at <= @now
ORDER BY w.due_at LIMIT @page_limit;

-- name: NextDue :many
-- The earliest time at which something is due; no row when nothing is.
SELECT due_at FROM work WHERE shard = ANY(@shards::int8[]) AND due_at >= @lower ORDER BY due_at LIMIT 1;

-- name: AdvanceWork :exec
-- A row that is gone stays away: a request to stop may have come between. The lengths name the parameters outside of FROM: a
-- CockroachDB before 21.1 takes those that stand only in FROM for text, whatever they are cast to.
UPDATE work SET step = n.step, due_at = n.due_at, attempt = 0, parcel = n.parcel::jsonb
FROM (SELECT unnest(@ids::uuid[]) AS id, unnest(@steps::text[]) AS step,
             unnest(@due_ats::timestamptz[]) AS due_at, unnest(@parcels::text[]) AS parcel) AS n
WHERE work.fulfillment_id = n.id AND work.fulfillment_id = ANY(@ids::uuid[]) AND work.kind = 'ORDER'
    AND COALESCE(array_length(@steps::text[], 1), array_length(@due_ats::timestamptz[], 1),
        array_length(@parcels::text[], 1)) > 0;

-- name: PostponeWork :exec
UPDATE work SET attempt = attempt + 1, due_at = n.due_at
FROM (SELECT unnest(@ids::uuid[]) AS id, unnest(@due_ats::timestamptz[]) AS due_at) AS n
WHERE work.fulfillment_id = n.id AND work.fulfillment_id = ANY(@ids::uuid[]) AND work.kind = @kind
    AND array_length(@due_ats::timestamptz[], 1) > 0;

-- name: DeleteWork :exec
DELETE FROM work WHERE fulfillment_id = ANY(@ids::uuid[]) AND kind = @kind;

-- name: TakeSerials :one
-- The number after the last one that is taken by this.
INSERT INTO carton_serial (company_prefix, next_serial) VALUES (@company_prefix, @taken)
ON CONFLICT (company_prefix) DO UPDATE SET next_serial = carton_serial.next_serial + excluded.next_serial
RETURNING next_serial;
