-- What was ordered and at which price: written once. The business key is unique for ever: an order that came with the key of
-- another one and another content, and that its sender wanted to be held rather than refused, is the next copy under it. Rows of order_state belong to
-- these one to one and are made in the same transaction; a foreign key would check on the hot path what cannot be wrong.
CREATE TABLE IF NOT EXISTS sales_order (
    order_id          UUID NOT NULL PRIMARY KEY,
    partner_id        TEXT NOT NULL,
    channel           TEXT NOT NULL,
    external_order_id TEXT NOT NULL,
    release_number    TEXT NOT NULL,
    account_id        TEXT NOT NULL,
    content_hash      BYTEA NOT NULL, -- of the request: what a repeat must equal
    received_at       TIMESTAMPTZ NOT NULL,
    as_of             TIMESTAMPTZ NOT NULL, -- of the master data that priced it
    snapshot          BYTEA NOT NULL, -- waybill.order.v1.PricedOrder
    copy              INT8 NOT NULL DEFAULT 0, -- 0: the first under its key
    UNIQUE (partner_id, channel, external_order_id, release_number, copy)
);
CREATE INDEX IF NOT EXISTS sales_order_by_account ON sales_order (account_id, order_id);
