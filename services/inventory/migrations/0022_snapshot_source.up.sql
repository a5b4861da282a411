-- Outside systems that send snapshots of their stock.
CREATE TABLE IF NOT EXISTS snapshot_source (
    source      TEXT NOT NULL PRIMARY KEY,
    lag_seconds INT8 NOT NULL CHECK (lag_seconds >= 0),
    ignored     INT8 NOT NULL
);
