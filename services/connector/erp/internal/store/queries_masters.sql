-- name: FindMasters :many
SELECT * FROM master WHERE kind = ANY(@kinds::text[]) AND master_key = ANY(@keys::text[]);

-- name: LastPosition :one
SELECT coalesce(max(position), 0)::int8 AS position FROM master;

-- name: SaveMasters :exec
INSERT INTO master (kind, master_key, content, position, changed_at)
SELECT unnest(@kinds::text[]), unnest(@keys::text[]), unnest(@contents::bytea[]), unnest(@positions::int8[]), @changed_at::timestamptz
ON CONFLICT (kind, master_key) DO UPDATE SET
    content = excluded.content, position = excluded.position, changed_at = excluded.changed_at;

-- name: ListMasters :many
-- What has changed after a position, in the order of change.
SELECT * FROM master WHERE position > @after ORDER BY position LIMIT @page_limit;
