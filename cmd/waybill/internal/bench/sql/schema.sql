-- What one acceptance writes, in the tables that Waybill keeps for it, without Waybill: 10,000 items in one place, 1,000
-- customers.
DROP TABLE IF EXISTS sales_order, order_line, balance, reservation, reservation_line, credit, claim, seen, outgoing;
CREATE TABLE sales_order (order_id UUID PRIMARY KEY, partner TEXT NOT NULL, channel TEXT NOT NULL, external_id TEXT NOT NULL,
    account TEXT NOT NULL, state TEXT NOT NULL, status TEXT NOT NULL, net_minor INT8 NOT NULL, version INT8 NOT NULL,
    received_at TIMESTAMPTZ NOT NULL, UNIQUE (partner, channel, external_id));
CREATE TABLE order_line (order_id UUID, line INT8, sku TEXT NOT NULL, ordered INT8 NOT NULL, reserved INT8 NOT NULL,
    price TEXT NOT NULL, net_minor INT8 NOT NULL, allocations JSONB NOT NULL, PRIMARY KEY (order_id, line));
CREATE TABLE balance (sku TEXT, node TEXT, on_hand INT8 NOT NULL, reserved INT8 NOT NULL, version INT8 NOT NULL,
    PRIMARY KEY (sku, node), CHECK (on_hand >= reserved)) WITH (fillfactor = 70);
CREATE TABLE reservation (reservation_id UUID PRIMARY KEY, key TEXT NOT NULL UNIQUE, order_id UUID NOT NULL, state TEXT NOT NULL);
CREATE TABLE reservation_line (reservation_id UUID, line INT8, node TEXT, sku TEXT NOT NULL, qty INT8 NOT NULL, remaining INT8 NOT NULL,
    PRIMARY KEY (reservation_id, line, node));
CREATE TABLE credit (account TEXT PRIMARY KEY, credit_limit INT8 NOT NULL, open_orders INT8 NOT NULL, version INT8 NOT NULL) WITH (fillfactor = 70);
CREATE TABLE claim (claim_id UUID PRIMARY KEY, key TEXT NOT NULL UNIQUE, account TEXT NOT NULL, amount INT8 NOT NULL, snapshot BYTEA NOT NULL);
CREATE TABLE seen (principal TEXT, method TEXT, request_id TEXT, hash BYTEA NOT NULL, order_id UUID NOT NULL,
    PRIMARY KEY (principal, method, request_id));
CREATE TABLE outgoing (shard INT8, id UUID, aggregate TEXT NOT NULL, sequence INT8 NOT NULL, envelope BYTEA NOT NULL, PRIMARY KEY (shard, id));
INSERT INTO balance SELECT 'ITM-' || lpad(i::text, 6, '0'), 'MAIN', 1000000000, 0, 1 FROM generate_series(1, 10000) i;
INSERT INTO credit SELECT 'ACC-' || lpad(i::text, 4, '0'), 1000000000000, 0, 1 FROM generate_series(1, 1000) i;
