-- Every version of the orders that were amended, also the one that was received. The newest stands in sales_order as well,
-- where everything reads it; an order without amendments has no rows here.
CREATE TABLE IF NOT EXISTS order_revision (
    order_id   UUID NOT NULL,
    revision   INT8 NOT NULL,
    actor      TEXT NOT NULL,
    reason     TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    snapshot   BYTEA NOT NULL, -- waybill.order.v1.PricedOrder
    PRIMARY KEY (order_id, revision)
);
