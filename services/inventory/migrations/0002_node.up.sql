-- The copy of the places.
CREATE TABLE IF NOT EXISTS node (
    node_id  TEXT NOT NULL PRIMARY KEY,
    priority INT8 NOT NULL,
    inactive BOOL NOT NULL,
    version  INT8 NOT NULL CHECK (version >= 1)
);
