-- Which things an event names that names no order: it stands on the timelines of the orders to which they belong, whenever
-- that becomes known.
CREATE TABLE IF NOT EXISTS mention (
    object_id TEXT NOT NULL,
    event_id  TEXT NOT NULL REFERENCES timeline_event (event_id),
    PRIMARY KEY (object_id, event_id)
);
