-- name: FindNotices :many
SELECT * FROM notice WHERE notice_key = ANY(@keys::text[]);

-- name: SaveNotices :exec
-- New ones, and those that were sent again or withdrawn.
INSERT INTO notice (notice_key, order_id, channel, withdrawn, reference, told_at, times_sent)
SELECT unnest(@keys::text[]), unnest(@order_ids::text[]), unnest(@channels::text[]), unnest(@withdrawns::bool[]),
       unnest(@refs::text[]), unnest(@told_ats::timestamptz[]), unnest(@times::int8[])
ON CONFLICT (notice_key) DO UPDATE SET withdrawn = excluded.withdrawn, times_sent = excluded.times_sent;

-- name: ListNotices :many
SELECT * FROM notice WHERE notice_key > @after ORDER BY notice_key LIMIT @page_limit;
