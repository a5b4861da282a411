CREATE TABLE IF NOT EXISTS node (
    node_id    TEXT NOT NULL PRIMARY KEY,
    name       TEXT NOT NULL,
    priority   INT8 NOT NULL,
    inactive   BOOL NOT NULL,
    version    INT8 NOT NULL CHECK (version >= 1),
    updated_at TIMESTAMPTZ NOT NULL
);
