-- What is counted, and the newest result.
CREATE TABLE IF NOT EXISTS stock_count_line (
    count_id   UUID NOT NULL,
    position   INT8 NOT NULL,
    sku        TEXT NOT NULL,
    lot        TEXT NOT NULL,
    expected   INT8 NOT NULL, -- on hand by the ledger when the count was started
    recorded   BOOL NOT NULL,
    counted    INT8 NOT NULL,
    difference INT8 NOT NULL,
    counted_at TIMESTAMPTZ,
    refused    TEXT NOT NULL, -- why the newest result was not taken
    PRIMARY KEY (count_id, position)
);
