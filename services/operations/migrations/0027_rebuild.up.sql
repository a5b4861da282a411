-- Who had the read side made anew, why, and what came of it.
CREATE TABLE IF NOT EXISTS rebuild (
    request_key  TEXT NOT NULL PRIMARY KEY, -- who asked and under which request id
    content_hash BYTEA NOT NULL,
    actor        TEXT NOT NULL,
    reason       TEXT NOT NULL,
    started_at   TIMESTAMPTZ NOT NULL,
    finished_at  TIMESTAMPTZ, -- NULL: it has not ended, or was cut off
    outcome      JSONB NOT NULL
);
