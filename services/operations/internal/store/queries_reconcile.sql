-- name: AddReconciliation :execrows
INSERT INTO reconciliation (reconciliation_id, state, cause, requested_by, requested_at, started_at, finished_at, results,
    breaks_found, breaks_closed, breaks_open)
VALUES (@reconciliation_id, 'WAITING', @cause, @requested_by, @requested_at, '0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z',
    '[]'::jsonb, 0, 0, 0)
ON CONFLICT (reconciliation_id) DO NOTHING;

-- name: NextReconciliation :many
-- One that was begun and not ended is made anew: who was at work on it is gone.
SELECT * FROM reconciliation WHERE state IN ('WAITING', 'RUNNING') ORDER BY requested_at, reconciliation_id LIMIT 1;

-- name: LastReconciliationAt :one
SELECT COALESCE(max(requested_at), '0001-01-01T00:00:00Z'::timestamptz)::timestamptz AS requested_at FROM reconciliation;

-- name: BeginReconciliation :exec
UPDATE reconciliation SET state = 'RUNNING', started_at = @started_at WHERE reconciliation_id = @reconciliation_id;

-- name: EndReconciliation :exec
UPDATE reconciliation SET state = 'DONE', finished_at = @finished_at, results = @results, breaks_found = @breaks_found,
    breaks_closed = @breaks_closed, breaks_open = @breaks_open
WHERE reconciliation_id = @reconciliation_id;

-- name: GetReconciliation :many
SELECT * FROM reconciliation WHERE reconciliation_id = @reconciliation_id;

-- name: ListReconciliations :many
SELECT * FROM reconciliation
WHERE (requested_at, reconciliation_id) < (@before_at::timestamptz, @before_id::uuid)
ORDER BY requested_at DESC, reconciliation_id DESC LIMIT @page_limit;

-- name: LockBreaks :many
-- The open ones of rules, and those with an id.
SELECT * FROM reconciliation_break
WHERE is_open AND equation = ANY(@equations::text[]) OR break_id = ANY(@break_ids::uuid[])
ORDER BY break_id FOR UPDATE;

-- name: SaveBreaks :exec
INSERT INTO reconciliation_break (break_id, equation, rule, description, entity, left_side, right_side, detail, order_id,
    line_number, sku, node_id, document_id, repair, guidance, is_open, since, last_seen_at, closed_at, times_seen, repairs, sequence)
SELECT unnest(@break_ids::uuid[]), unnest(@equations::text[]), unnest(@rules::text[]), unnest(@descriptions::text[]),
       unnest(@entities::text[]), unnest(@left_sides::text[]), unnest(@right_sides::text[]), unnest(@details::text[]),
       unnest(@order_ids::text[]), unnest(@line_numbers::int8[]), unnest(@skus::text[]), unnest(@node_ids::text[]),
       unnest(@document_ids::text[]), unnest(@repair_kinds::text[]), unnest(@guidances::text[]), unnest(@are_open::bool[]),
       unnest(@sinces::timestamptz[]), unnest(@last_seen_ats::timestamptz[]), unnest(@closed_ats::timestamptz[]),
       unnest(@times_seens::int8[]), unnest(@repair_counts::int8[]), unnest(@sequences::int8[])
ON CONFLICT (break_id) DO UPDATE SET rule = excluded.rule, description = excluded.description, left_side = excluded.left_side,
    right_side = excluded.right_side, detail = excluded.detail, order_id = excluded.order_id, line_number = excluded.line_number,
    sku = excluded.sku, node_id = excluded.node_id, document_id = excluded.document_id, repair = excluded.repair,
    guidance = excluded.guidance, is_open = excluded.is_open, since = excluded.since, last_seen_at = excluded.last_seen_at,
    closed_at = excluded.closed_at, times_seen = excluded.times_seen, repairs = excluded.repairs, sequence = excluded.sequence;

-- name: GetBreak :many
SELECT * FROM reconciliation_break WHERE break_id = @break_id;

-- name: ListBreaks :many
-- By the time since when; an empty filter does not restrict.
SELECT * FROM reconciliation_break
WHERE is_open = ANY(@open::bool[]) AND (since, break_id) > (@after_since::timestamptz, @after_id::uuid)
  AND (@equation::text = '' OR equation = @equation) AND (@order_id::text = '' OR order_id = @order_id)
  AND (@sku::text = '' OR sku = @sku) AND (@node_id::text = '' OR node_id = @node_id)
ORDER BY since, break_id LIMIT @page_limit;

-- name: CountOpenBreaks :many
SELECT equation, repair, count(*) AS breaks, min(since)::timestamptz AS oldest FROM reconciliation_break WHERE is_open
GROUP BY equation, repair ORDER BY equation, repair;

-- name: LastReconciliationDone :one
SELECT COALESCE(max(finished_at), '0001-01-01T00:00:00Z'::timestamptz)::timestamptz AS finished_at FROM reconciliation
WHERE state = 'DONE';

-- name: FindRepair :many
SELECT * FROM reconciliation_repair WHERE request_key = @request_key;

-- name: AddRepair :exec
INSERT INTO reconciliation_repair (break_id, position, request_key, content_hash, repair, at, actor, reason, input, outcome, failure)
VALUES (@break_id, @position, @request_key, @content_hash, @repair, @at, @actor, @reason, @input, '', '');

-- name: SetRepairOutcome :execrows
UPDATE reconciliation_repair SET outcome = @outcome, failure = @failure
WHERE break_id = @break_id AND position = @position AND outcome = '';

-- name: ListRepairs :many
-- The last ones, the newest first.
SELECT * FROM reconciliation_repair WHERE break_id = @break_id ORDER BY position DESC LIMIT @page_limit;
