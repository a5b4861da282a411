-- name: ArchiveEvents :exec
INSERT INTO archived_event (kind, aggregate, sequence, event_id, event_type, shard, stream_sequence, recorded_at, envelope)
SELECT unnest(@kinds::text[]), unnest(@aggregates::text[]), unnest(@sequences::int8[]), unnest(@event_ids::text[]),
       unnest(@event_types::text[]), unnest(@shards::int8[]), unnest(@stream_sequences::int8[]),
       unnest(@recorded_ats::timestamptz[]), unnest(@envelopes::bytea[])
ON CONFLICT (kind, aggregate, sequence) DO NOTHING;

-- name: ForgetArchived :execrows
-- The oldest events before a moment.
DELETE FROM archived_event WHERE (kind, aggregate, sequence) IN (
    SELECT old.kind, old.aggregate, old.sequence FROM archived_event AS old
    WHERE old.recorded_at < @before ORDER BY old.recorded_at, old.event_id LIMIT @page_limit);

-- name: AddKnownOrders :exec
INSERT INTO known_order (order_id, partner_id, channel, external_order_id, release_number, account_id)
SELECT unnest(@order_ids::text[]), unnest(@partner_ids::text[]), unnest(@channels::text[]),
       unnest(@external_order_ids::text[]), unnest(@release_numbers::text[]), unnest(@account_ids::text[])
ON CONFLICT (order_id) DO NOTHING;

-- name: FindKnownOrders :many
SELECT * FROM known_order WHERE order_id = ANY(@order_ids::text[]);

-- name: FindKnownOrdersByNumber :many
SELECT * FROM known_order
WHERE external_order_id = @external_order_id AND (@partner_id::text = '' OR partner_id = @partner_id)
ORDER BY order_id LIMIT 20;

-- name: AddLinks :many
-- Gives those that are new.
INSERT INTO order_link (object_id, order_id) SELECT unnest(@object_ids::text[]), unnest(@order_ids::text[])
ON CONFLICT (object_id, order_id) DO NOTHING RETURNING object_id, order_id;

-- name: AddTimelineEvents :exec
INSERT INTO timeline_event (event_id, event_type, kind, aggregate, sequence, occurred_at, recorded_at, causation_id,
    cause_type, cause_aggregate, actor, sentence, for_partners)
SELECT unnest(@event_ids::text[]), unnest(@event_types::text[]), unnest(@kinds::text[]), unnest(@aggregates::text[]),
       unnest(@sequences::int8[]), unnest(@occurred_ats::timestamptz[]), unnest(@recorded_ats::timestamptz[]),
       unnest(@causation_ids::text[]), unnest(@cause_types::text[]), unnest(@cause_aggregates::text[]),
       unnest(@actors::text[]), unnest(@sentences::text[]), unnest(@for_partners::bool[])
ON CONFLICT (event_id) DO NOTHING;

-- name: AddMentions :exec
INSERT INTO mention (object_id, event_id) SELECT unnest(@object_ids::text[]), unnest(@event_ids::text[])
ON CONFLICT (object_id, event_id) DO NOTHING;

-- name: AddEntries :exec
INSERT INTO timeline_entry (order_id, recorded_at, event_id)
SELECT unnest(@order_ids::text[]), unnest(@recorded_ats::timestamptz[]), unnest(@event_ids::text[])
ON CONFLICT (order_id, recorded_at, event_id) DO NOTHING;

-- name: AddMentionedEntries :exec
-- The entries of events that name one of the things, on the orders to which these belong.
INSERT INTO timeline_entry (order_id, recorded_at, event_id)
SELECT DISTINCT l.order_id, e.recorded_at, e.event_id
FROM mention AS m JOIN order_link AS l ON l.object_id = m.object_id JOIN timeline_event AS e ON e.event_id = m.event_id
WHERE m.object_id = ANY(@object_ids::text[])
ON CONFLICT (order_id, recorded_at, event_id) DO NOTHING;

-- name: PageTimeline :many
-- What was known at a moment, after a place, in the order of recording.
SELECT e.* FROM timeline_entry AS t JOIN timeline_event AS e ON e.event_id = t.event_id
WHERE t.order_id = @order_id AND t.recorded_at <= @known_at
  AND (t.recorded_at, t.event_id) > (@after_at::timestamptz, @after_id::text)
  AND (NOT @partners_only::bool OR e.for_partners)
ORDER BY t.recorded_at, t.event_id LIMIT @page_limit;

-- name: FindCauses :many
-- The first event of each kind that the page follows, and the events that it names, as far as they were known.
SELECT e.event_id, e.event_type, e.aggregate FROM timeline_entry AS t JOIN timeline_event AS e ON e.event_id = t.event_id
WHERE t.order_id = @order_id AND t.recorded_at <= @known_at
  AND (e.aggregate = ANY(@aggregates::text[]) OR e.event_id = ANY(@event_ids::text[]))
  AND (NOT @partners_only::bool OR e.for_partners)
ORDER BY t.recorded_at, t.event_id;

-- name: OrderHasEntries :one
SELECT EXISTS (SELECT 1 FROM timeline_entry WHERE order_id = @order_id);
