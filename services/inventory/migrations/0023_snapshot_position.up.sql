-- The newest snapshot that was taken from each system, by its own count.
CREATE TABLE IF NOT EXISTS snapshot_position (
    sku        TEXT NOT NULL,
    node_id    TEXT NOT NULL,
    lot        TEXT NOT NULL,
    source     TEXT NOT NULL,
    source_seq INT8 NOT NULL,
    PRIMARY KEY (sku, node_id, lot, source)
);
