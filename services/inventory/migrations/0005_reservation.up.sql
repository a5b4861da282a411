-- One row per key, for ever: reservations that were made, requests that were refused, and keys that were undone before
-- they were seen. The outcome is what a repeat is answered with. The id is a UUIDv7: it tells the age.
CREATE TABLE IF NOT EXISTS reservation (
    id             UUID NOT NULL PRIMARY KEY,
    key            TEXT NOT NULL UNIQUE,
    order_id       TEXT NOT NULL,
    priority       INT8 NOT NULL,
    excluded       TEXT NOT NULL, -- places that must not serve it from what they had, with commas between them
    refused        BOOL NOT NULL,
    event_sequence INT8 NOT NULL, -- of its newest event; 0 when it was refused
    outcome        BYTEA NOT NULL, -- JSON
    created_at     TIMESTAMPTZ NOT NULL
) WITH (fillfactor = 80);
