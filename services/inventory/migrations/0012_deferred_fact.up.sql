-- Facts that cannot be true by our books: kept and not posted. Their stock is frozen until it has been counted, and they
-- are posted then.
CREATE TABLE IF NOT EXISTS deferred_fact (
    sku         TEXT NOT NULL,
    node_id     TEXT NOT NULL,
    id          TEXT NOT NULL,
    quantity    INT8 NOT NULL CHECK (quantity > 0),
    missing     INT8 NOT NULL CHECK (missing > 0),
    document    TEXT NOT NULL,
    occurred_at TIMESTAMPTZ NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    posted_at   TIMESTAMPTZ,
    PRIMARY KEY (sku, node_id, id)
);
