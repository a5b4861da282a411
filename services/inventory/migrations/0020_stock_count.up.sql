-- Stock that somebody goes and counts.
CREATE TABLE IF NOT EXISTS stock_count (
    id         UUID NOT NULL PRIMARY KEY,
    node_id    TEXT NOT NULL,
    reference  TEXT NOT NULL,
    started_at TIMESTAMPTZ NOT NULL
);
