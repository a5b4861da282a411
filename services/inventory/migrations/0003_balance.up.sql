-- The stock of an item in a place. The checks are the last line of defence of I1 and I2: whatever went wrong before them,
-- no unit is promised twice. Rows are updated all the time and no index covers what changes: the free space in the pages
-- keeps updates in place on PostgreSQL. CockroachDB ignores it.
CREATE TABLE IF NOT EXISTS balance (
    sku            TEXT NOT NULL,
    node_id        TEXT NOT NULL,
    on_hand        INT8 NOT NULL CHECK (on_hand >= 0),
    quality_hold   INT8 NOT NULL CHECK (quality_hold >= 0),
    damaged        INT8 NOT NULL CHECK (damaged >= 0),
    reserved       INT8 NOT NULL CHECK (reserved >= 0),
    picked         INT8 NOT NULL CHECK (picked >= 0),
    frozen         BOOL NOT NULL,
    version        INT8 NOT NULL CHECK (version >= 1),
    event_sequence INT8 NOT NULL, -- of the newest event of this stock
    as_of          TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (sku, node_id),
    CONSTRAINT balance_available CHECK (on_hand - quality_hold - damaged - reserved >= 0),
    CONSTRAINT balance_picked CHECK (picked <= reserved)
) WITH (fillfactor = 80);
