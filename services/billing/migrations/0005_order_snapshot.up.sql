-- The priced order, once: what is invoiced is what it says.
CREATE TABLE IF NOT EXISTS order_snapshot (
    order_id      UUID NOT NULL PRIMARY KEY,
    account_id    TEXT NOT NULL,
    claim_key     TEXT NOT NULL, -- the claim that counts for the order
    tax_rate      INT8 NOT NULL, -- what its claim assumed, in millionths
    snapshot_hash BYTEA NOT NULL,
    snapshot      BYTEA NOT NULL -- waybill.order.v1.PricedOrder
);
