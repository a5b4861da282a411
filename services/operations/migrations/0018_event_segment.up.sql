-- The archive: every event of every service as it travelled, kept past what the streams keep. A row holds the events of one
-- set, packed. Append-only until the retention is over.
CREATE TABLE IF NOT EXISTS event_segment (
    segment           INT8 NOT NULL PRIMARY KEY, -- counts up
    first_recorded_at TIMESTAMPTZ NOT NULL,
    last_recorded_at  TIMESTAMPTZ NOT NULL,
    events            INT8 NOT NULL CHECK (events >= 1),
    content           BYTEA NOT NULL
);
