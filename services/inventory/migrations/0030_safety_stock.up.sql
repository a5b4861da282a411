-- What is kept back from promises. A channel's own row counts for it; the row of the empty channel for all that have none.
CREATE TABLE IF NOT EXISTS safety_stock (
    sku      TEXT NOT NULL,
    node_id  TEXT NOT NULL,
    channel  TEXT NOT NULL,
    quantity INT8 NOT NULL CHECK (quantity >= 0),
    PRIMARY KEY (sku, node_id, channel)
);
