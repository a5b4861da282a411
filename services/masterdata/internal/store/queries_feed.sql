-- name: InsertFeed :exec
INSERT INTO master_feed (feed, cursor, generation, behind, taken, problem, started_at)
VALUES (@feed, '', 1, TRUE, 0, '', @now)
ON CONFLICT (feed) DO NOTHING;

-- name: FindFeed :many
SELECT * FROM master_feed WHERE feed = @feed;

-- name: LockFeed :many
SELECT * FROM master_feed WHERE feed = @feed FOR UPDATE;

-- name: SaveFeed :exec
UPDATE master_feed SET cursor = @cursor, generation = @generation, behind = @behind, as_of = @as_of, current_at = @current_at,
    read_at = @read_at, taken = @taken, problem = @problem, problem_since = @problem_since
WHERE feed = @feed;

-- name: FindSetAside :many
SELECT * FROM master_set_aside WHERE kind = @kind AND entity_key = ANY(@keys::text[]) ORDER BY entity_key;

-- name: FindDue :many
-- What is to be tried again, the longest due first.
SELECT * FROM master_set_aside WHERE next_try_at <= @now::timestamptz ORDER BY next_try_at, kind, entity_key LIMIT @page_limit;

-- name: SaveSetAside :exec
-- never stands for a time that there is not.
INSERT INTO master_set_aside (kind, entity_key, entry_id, content, kept_fields, state, reason, message, faults, waits_for, since,
    changed_at, tries, next_try_at, told)
SELECT unnest(@kinds::text[]), unnest(@keys::text[]), unnest(@entry_ids::text[]), unnest(@contents::bytea[]),
       unnest(@kept_fields::text[])::jsonb, unnest(@states::text[]), unnest(@reasons::text[]), unnest(@messages::text[]),
       unnest(@faults::text[])::jsonb, unnest(@waits_fors::text[]), unnest(@sinces::timestamptz[]),
       nullif(unnest(@changed_ats::timestamptz[]), @never::timestamptz), unnest(@tries::int8[]),
       nullif(unnest(@next_try_ats::timestamptz[]), @never::timestamptz), unnest(@tolds::int8[])
ON CONFLICT (kind, entity_key) DO UPDATE SET
    content = excluded.content, kept_fields = excluded.kept_fields, state = excluded.state, reason = excluded.reason,
    message = excluded.message, faults = excluded.faults, waits_for = excluded.waits_for, changed_at = excluded.changed_at,
    tries = excluded.tries, next_try_at = excluded.next_try_at, told = excluded.told;

-- name: DeleteSetAside :exec
DELETE FROM master_set_aside WHERE kind = @kind AND entity_key = ANY(@keys::text[]);

-- name: WakeSetAside :execrows
-- What waits for something that has come is due.
UPDATE master_set_aside SET next_try_at = @now::timestamptz WHERE waits_for = ANY(@waits_fors::text[]);

-- name: RetrySetAside :execrows
UPDATE master_set_aside SET next_try_at = @now::timestamptz, tries = 1, state = 'WAITING'
WHERE kind <> '' AND (@every::bool OR entry_id = ANY(@entry_ids::text[]));

-- name: LockSetAside :many
SELECT * FROM master_set_aside WHERE entry_id = @entry_id FOR UPDATE;

-- name: ListSetAside :many
SELECT * FROM master_set_aside
WHERE entry_id > @after AND (@state::text = '' OR state = @state::text) AND (@kind::text = '' OR kind = @kind::text)
ORDER BY entry_id LIMIT @page_limit;

-- name: CountSetAside :many
SELECT state, count(*)::int8 AS entries FROM master_set_aside GROUP BY state;
