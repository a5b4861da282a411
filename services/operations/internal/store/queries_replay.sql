-- name: PageArchived :many
-- Events of kinds after a place and up to another one, in the order of recording.
SELECT * FROM archived_event
WHERE recorded_at >= @recorded_from AND recorded_at < @recorded_before
  AND (recorded_at, event_id) > (@after_at::timestamptz, @after_id::text)
  AND (recorded_at, event_id) <= (@up_to_at::timestamptz, @up_to_id::text)
  AND kind = ANY(@kinds::text[]) AND (NOT @of_types::bool OR event_type = ANY(@event_types::text[]))
  AND (@event_id::text = '' OR event_id = @event_id::text)
ORDER BY recorded_at, event_id LIMIT @page_limit;

-- name: ArchivedPlace :many
-- The place of the event that stands so many after a place, if there are so many.
SELECT recorded_at, event_id FROM archived_event
WHERE recorded_at >= @recorded_from AND recorded_at < @recorded_before
  AND (recorded_at, event_id) > (@after_at::timestamptz, @after_id::text)
ORDER BY recorded_at, event_id LIMIT 1 OFFSET @beyond;

-- name: PageArchivedOfAggregate :many
-- Events of an aggregate after a place, in the order of recording.
SELECT * FROM archived_event
WHERE kind = @kind AND aggregate = @aggregate
  AND recorded_at >= @recorded_from AND recorded_at < @recorded_before
  AND (recorded_at, event_id) > (@after_at::timestamptz, @after_id::text)
  AND (NOT @of_types::bool OR event_type = ANY(@event_types::text[]))
ORDER BY recorded_at, event_id LIMIT @page_limit;

-- name: PageArchivedOfOrder :many
-- Events on the timeline of an order after a place, in the order of recording.
SELECT a.* FROM timeline_entry AS t JOIN timeline_event AS e ON e.event_id = t.event_id
JOIN archived_event AS a ON a.kind = e.kind AND a.aggregate = e.aggregate AND a.sequence = e.sequence
WHERE t.order_id = @order_id AND t.recorded_at >= @recorded_from AND t.recorded_at < @recorded_before
  AND (t.recorded_at, t.event_id) > (@after_at::timestamptz, @after_id::text)
  AND a.kind = ANY(@kinds::text[]) AND (NOT @of_types::bool OR a.event_type = ANY(@event_types::text[]))
ORDER BY t.recorded_at, t.event_id LIMIT @page_limit;
