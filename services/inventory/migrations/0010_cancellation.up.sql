-- One row per cancellation, for ever: a repeat is answered with its outcome.
CREATE TABLE IF NOT EXISTS cancellation (
    key        TEXT NOT NULL PRIMARY KEY,
    order_id   TEXT NOT NULL,
    outcome    BYTEA NOT NULL, -- JSON
    created_at TIMESTAMPTZ NOT NULL
);
