-- Goods on their way from one place to another.
CREATE TABLE IF NOT EXISTS transfer (
    id           UUID NOT NULL PRIMARY KEY,
    from_node_id TEXT NOT NULL,
    to_node_id   TEXT NOT NULL,
    reference    TEXT NOT NULL,
    closed       BOOL NOT NULL,
    shipped_at   TIMESTAMPTZ NOT NULL,
    expected_at  TIMESTAMPTZ
);
