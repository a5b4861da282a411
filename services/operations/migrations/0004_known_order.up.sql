-- Whose order it is, as order.received says.
CREATE TABLE IF NOT EXISTS known_order (
    order_id          TEXT NOT NULL PRIMARY KEY,
    partner_id        TEXT NOT NULL,
    channel           TEXT NOT NULL,
    external_order_id TEXT NOT NULL,
    release_number    TEXT NOT NULL,
    account_id        TEXT NOT NULL
);
