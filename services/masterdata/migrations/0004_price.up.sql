CREATE TABLE IF NOT EXISTS price (
    price_list    TEXT NOT NULL,
    currency_code TEXT NOT NULL,
    sku_key       TEXT NOT NULL REFERENCES item (sku_key),
    unit_price    TEXT NOT NULL, -- a decimal with at most six places
    version       INT8 NOT NULL CHECK (version >= 1),
    updated_at    TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (price_list, currency_code, sku_key)
);
