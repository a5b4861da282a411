-- Amendments that were asked for, with the snapshot for which credit is claimed and what became of them. Kept for repeats.
CREATE TABLE IF NOT EXISTS order_amendment (
    process_id   UUID NOT NULL PRIMARY KEY,
    order_id     UUID NOT NULL,
    snapshot     BYTEA NOT NULL, -- waybill.order.v1.PricedOrder
    requested_at TIMESTAMPTZ NOT NULL,
    decided_at   TIMESTAMPTZ,
    refusal      TEXT NOT NULL DEFAULT '', -- why not; empty: taken, once it is decided
    message      TEXT NOT NULL DEFAULT '',
    outcomes     JSONB NOT NULL DEFAULT '[]'
);
