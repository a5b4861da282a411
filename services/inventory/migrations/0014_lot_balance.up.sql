-- The lots of items whose stock is kept by lot. Those of a balance add up to it, bucket by bucket; promises stand on the
-- balance alone.
CREATE TABLE IF NOT EXISTS lot_balance (
    sku          TEXT NOT NULL,
    node_id      TEXT NOT NULL,
    lot          TEXT NOT NULL, -- empty: what is there without a known lot
    on_hand      INT8 NOT NULL CHECK (on_hand >= 0),
    quality_hold INT8 NOT NULL CHECK (quality_hold >= 0),
    damaged      INT8 NOT NULL CHECK (damaged >= 0),
    expires_on   TEXT NOT NULL, -- "YYYY-MM-DD", the last day of sale; empty: none
    counted_to   TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (sku, node_id, lot),
    CONSTRAINT lot_balance_sellable CHECK (on_hand - quality_hold - damaged >= 0)
);
