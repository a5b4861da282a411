-- name: LockExceptionsByKey :many
SELECT * FROM exception WHERE trouble_key = ANY(@keys::text[]) ORDER BY exception_id FOR UPDATE;

-- name: LockException :many
SELECT * FROM exception WHERE exception_id = @exception_id FOR UPDATE;

-- name: GetException :many
SELECT * FROM exception WHERE exception_id = @exception_id;

-- name: SaveExceptions :exec
INSERT INTO exception (exception_id, trouble_key, class, severity, state, queue, assignee, subject_kind, subject_id, order_id,
    partner_id, node_id, reason, message, context, first_seen_at, last_seen_at, opened_at, due_at, resolved_at, resolution,
    times_seen, steps, sequence, is_open)
SELECT unnest(@exception_ids::uuid[]), unnest(@trouble_keys::text[]), unnest(@classes::text[]), unnest(@severities::int8[]),
       unnest(@states::text[]), unnest(@queues::text[]), unnest(@assignees::text[]), unnest(@subject_kinds::text[]),
       unnest(@subject_ids::text[]), unnest(@order_ids::text[]), unnest(@partner_ids::text[]), unnest(@node_ids::text[]),
       unnest(@reasons::text[]), unnest(@messages::text[]), unnest(@contexts::text[])::jsonb,
       unnest(@first_seen_ats::timestamptz[]), unnest(@last_seen_ats::timestamptz[]), unnest(@opened_ats::timestamptz[]),
       unnest(@due_ats::timestamptz[]), unnest(@resolved_ats::timestamptz[]), unnest(@resolutions::text[]),
       unnest(@times_seens::int8[]), unnest(@step_counts::int8[]), unnest(@sequences::int8[]), unnest(@are_open::bool[])
ON CONFLICT (exception_id) DO UPDATE SET severity = excluded.severity, state = excluded.state, queue = excluded.queue,
    assignee = excluded.assignee, subject_kind = excluded.subject_kind, subject_id = excluded.subject_id,
    order_id = excluded.order_id, partner_id = excluded.partner_id, node_id = excluded.node_id, reason = excluded.reason,
    message = excluded.message, context = excluded.context, first_seen_at = excluded.first_seen_at, last_seen_at = excluded.last_seen_at,
    opened_at = excluded.opened_at, due_at = excluded.due_at, resolved_at = excluded.resolved_at,
    resolution = excluded.resolution, times_seen = excluded.times_seen, steps = excluded.steps, sequence = excluded.sequence,
    is_open = excluded.is_open;

-- name: AddSteps :exec
INSERT INTO exception_step (exception_id, position, kind, at, actor, action, reason, outcome, event_id)
SELECT unnest(@exception_ids::uuid[]), unnest(@positions::int8[]), unnest(@kinds::text[]), unnest(@ats::timestamptz[]),
       unnest(@actors::text[]), unnest(@actions::text[]), unnest(@reasons::text[]), unnest(@outcomes::text[]),
       unnest(@event_ids::text[]);

-- name: ListSteps :many
-- The last ones, the newest first.
SELECT * FROM exception_step WHERE exception_id = @exception_id ORDER BY position DESC LIMIT @page_limit;

-- name: ListStepEvents :many
SELECT event_id FROM exception_step WHERE exception_id = ANY(@exception_ids::uuid[]) AND event_id <> '';

-- name: GetStep :one
SELECT * FROM exception_step WHERE exception_id = @exception_id AND position = @position;

-- name: SetOutcome :execrows
UPDATE exception_step SET outcome = @outcome WHERE exception_id = @exception_id AND position = @position AND outcome = '';

-- name: ListExceptions :many
-- By due time; an empty filter does not restrict.
SELECT * FROM exception
WHERE is_open = ANY(@open::bool[]) AND (due_at, exception_id) > (@after_due_at::timestamptz, @after_id::uuid)
  AND due_at < @due_before AND severity >= @min_severity
  AND (@class::text = '' OR class = @class) AND (@queue::text = '' OR queue = @queue)
  AND (@assignee::text = '' OR assignee = @assignee) AND (@order_id::text = '' OR order_id = @order_id)
ORDER BY due_at, exception_id LIMIT @page_limit;

-- name: FindCommand :many
SELECT * FROM exception_command WHERE request_key = @request_key;

-- name: AddCommand :exec
INSERT INTO exception_command (request_key, exception_id, position, content_hash, times_seen, failure)
VALUES (@request_key, @exception_id, @position, @content_hash, @times_seen, '');

-- name: SetFailure :exec
UPDATE exception_command SET failure = @failure WHERE request_key = @request_key;

-- name: AwaitInvoices :exec
-- Notes shipments. One whose invoice is known already is not awaited.
INSERT INTO awaited_invoice (shipment_id, order_id, node_id, shipped_at, invoiced, told)
SELECT unnest(@shipment_ids::text[]), unnest(@order_ids::text[]), unnest(@node_ids::text[]), unnest(@shipped_ats::timestamptz[]),
       false, false
ON CONFLICT (shipment_id) DO UPDATE SET order_id = excluded.order_id, node_id = excluded.node_id, shipped_at = excluded.shipped_at;

-- name: InvoicesIssued :exec
INSERT INTO awaited_invoice (shipment_id, order_id, node_id, invoiced, told)
SELECT unnest(@shipment_ids::text[]), unnest(@order_ids::text[]), '', true, false
ON CONFLICT (shipment_id) DO UPDATE SET invoiced = true;

-- name: LockOverdueInvoices :many
SELECT * FROM awaited_invoice WHERE NOT invoiced AND NOT told AND shipped_at < @before
ORDER BY shipped_at, shipment_id LIMIT @page_limit FOR UPDATE;

-- name: InvoicesTold :exec
UPDATE awaited_invoice SET told = true WHERE shipment_id = ANY(@shipment_ids::text[]);

-- name: SummarizeOpen :many
SELECT class, severity, count(*) AS exceptions, min(opened_at)::timestamptz AS oldest FROM exception WHERE is_open
GROUP BY class, severity ORDER BY class, severity;

-- name: CountOverdue :many
SELECT queue, count(*) AS exceptions FROM exception WHERE is_open AND due_at <= @now::timestamptz GROUP BY queue ORDER BY queue;

-- name: ListResolvedBetween :many
SELECT class, opened_at, resolved_at FROM exception
WHERE NOT is_open AND resolved_at >= @since::timestamptz AND resolved_at < @before::timestamptz;

-- name: SummarizeAwaited :one
SELECT count(*) AS shipments, COALESCE(min(shipped_at), @now::timestamptz)::timestamptz AS oldest FROM awaited_invoice
WHERE NOT invoiced AND shipped_at IS NOT NULL;
