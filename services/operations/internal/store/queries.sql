-- name: LastSegment :one
SELECT COALESCE(max(segment), 0)::int8 FROM event_segment;

-- name: AddSegment :exec
INSERT INTO event_segment (segment, first_recorded_at, last_recorded_at, events, content)
VALUES (@segment, @first_recorded_at, @last_recorded_at, @events, @content);

-- name: AddLinks :execrows
INSERT INTO event_link (name, segment) SELECT unnest(@names::text[]), @segment::int8 ON CONFLICT (name, segment) DO NOTHING;

-- name: FindSegments :many
-- The content of the segments in which events stand that name something.
SELECT s.segment, s.content FROM event_segment AS s
WHERE s.segment IN (SELECT l.segment FROM event_link AS l WHERE l.name = ANY(@names::text[])) ORDER BY s.segment;

-- name: PageSegments :many
SELECT * FROM event_segment WHERE segment > @after ORDER BY segment LIMIT @page_limit;

-- name: PageSegmentsOfRange :many
-- Segments from one on with events that may have been recorded in a range.
SELECT * FROM event_segment
WHERE segment >= @first AND last_recorded_at >= @recorded_from AND first_recorded_at < @recorded_before
ORDER BY segment LIMIT @page_limit;

-- name: ListLinks :many
SELECT name FROM event_link WHERE segment = @segment AND name = ANY(@names::text[]);

-- name: DeleteLinks :exec
DELETE FROM event_link WHERE segment = @segment AND name = ANY(@names::text[]);

-- name: DeleteSegment :execrows
DELETE FROM event_segment WHERE segment = @segment;

-- name: CountEvents :one
SELECT COALESCE(sum(events), 0)::int8 FROM event_segment;

-- name: FindTroubleEvents :many
SELECT event_id FROM trouble_event WHERE event_id = ANY(@event_ids::text[]);

-- name: AddTroubleEvents :exec
INSERT INTO trouble_event (event_id) SELECT unnest(@event_ids::text[]) ON CONFLICT (event_id) DO NOTHING;
