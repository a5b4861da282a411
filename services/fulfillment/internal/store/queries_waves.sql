-- name: FindWaveNodes :many
SELECT node_id FROM known_node WHERE node_id = ANY(@node_ids::text[]) AND wave_picking;

-- name: InsertWaiting :exec
INSERT INTO wave_queue (fulfillment_id, node_id, wave_id, line_count, ship_by, carrier, service_level, created_at)
SELECT unnest(@ids::uuid[]), unnest(@node_ids::text[]), @wave_id::uuid, unnest(@line_counts::int8[]), unnest(@ship_bys::text[]),
       unnest(@carriers::text[]), unnest(@service_levels::text[]), @now::timestamptz;

-- name: DeleteWaiting :exec
DELETE FROM wave_queue WHERE fulfillment_id = ANY(@ids::uuid[]);

-- name: LockWaiting :many
-- Orders that no wave has taken, the oldest first; an empty filter does not restrict, and an order without a day to ship by is
-- always early enough.
SELECT * FROM wave_queue
WHERE wave_id = @wave_id AND node_id = @node_id AND (@ship_by::text = '' OR ship_by <= @ship_by)
    AND (@carrier::text = '' OR carrier = @carrier) AND (@service_level::text = '' OR service_level = @service_level)
ORDER BY created_at, fulfillment_id LIMIT @page_limit FOR UPDATE;

-- name: TakeWaiting :exec
UPDATE wave_queue SET wave_id = @wave_id WHERE fulfillment_id = ANY(@ids::uuid[]);

-- name: ListWaiting :many
SELECT * FROM wave_queue WHERE wave_id = ANY(@wave_ids::uuid[]) ORDER BY wave_id, node_id, created_at, fulfillment_id;

-- name: IsWaiting :one
SELECT count(*) FROM wave_queue WHERE fulfillment_id = @id;

-- name: InsertWave :exec
INSERT INTO wave (wave_id, node_id, state, members, line_count, created_at, released_at)
VALUES (@id, @node_id, 'PLANNED', '[]', 0, @now, @never);

-- name: LockWave :one
SELECT * FROM wave WHERE wave_id = @id FOR UPDATE;

-- name: GetWave :one
SELECT * FROM wave WHERE wave_id = @id;

-- name: ReleaseWave :exec
UPDATE wave SET state = 'RELEASED', members = @members, line_count = @line_count, released_at = @now WHERE wave_id = @id;

-- name: ListWaves :many
-- The newest first, before the given one; an empty filter does not restrict.
SELECT * FROM wave
WHERE wave_id < @before AND (@node_id::text = '' OR node_id = @node_id) AND (@state::text = '' OR state = @state)
ORDER BY wave_id DESC LIMIT @page_limit;

-- name: TakeSerials :one
INSERT INTO sscc_counter (company_prefix, next_serial) VALUES (@company_prefix, @count)
ON CONFLICT (company_prefix) DO UPDATE SET next_serial = sscc_counter.next_serial + excluded.next_serial
RETURNING next_serial;
