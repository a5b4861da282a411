-- On which orders' timelines an event stands.
CREATE TABLE IF NOT EXISTS timeline_entry (
    order_id    TEXT NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    event_id    TEXT NOT NULL REFERENCES timeline_event (event_id),
    PRIMARY KEY (order_id, recorded_at, event_id)
);
