CREATE TABLE IF NOT EXISTS price (
    price_list        TEXT NOT NULL,
    currency_code     TEXT NOT NULL,
    sku_key           TEXT NOT NULL,
    min_quantity      INT8 NOT NULL CHECK (min_quantity >= 0), -- millionths of a base unit
    valid_from        TEXT NOT NULL, -- "YYYY-MM-DD"; empty: always has
    valid_until       TEXT NOT NULL, -- the last day; empty: for ever
    price_unit        TEXT NOT NULL, -- empty: the base unit
    unit_price_micros INT8 NOT NULL CHECK (unit_price_micros >= 0),
    withdrawn         BOOL NOT NULL,
    version           INT8 NOT NULL,
    PRIMARY KEY (price_list, currency_code, sku_key, min_quantity, valid_from)
);
