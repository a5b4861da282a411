-- The ledger. Each row is a double entry: the quantity leaves one bucket and enters the other. A balance is the fold of
-- its rows (I3). Rows are never changed. The id is a UUIDv7: in the order in which they were posted.
CREATE TABLE IF NOT EXISTS movement (
    sku             TEXT NOT NULL,
    node_id         TEXT NOT NULL,
    id              UUID NOT NULL,
    from_bucket     TEXT NOT NULL,
    to_bucket       TEXT NOT NULL,
    quantity        INT8 NOT NULL CHECK (quantity > 0),
    reason          TEXT NOT NULL,
    source_document TEXT NOT NULL,
    occurred_at     TIMESTAMPTZ NOT NULL,
    recorded_at     TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (sku, node_id, id)
);
