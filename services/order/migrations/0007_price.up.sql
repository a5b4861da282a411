CREATE TABLE IF NOT EXISTS price (
    price_list        TEXT NOT NULL,
    currency_code     TEXT NOT NULL,
    sku_key           TEXT NOT NULL,
    unit_price_micros INT8 NOT NULL CHECK (unit_price_micros >= 0),
    version           INT8 NOT NULL,
    PRIMARY KEY (price_list, currency_code, sku_key)
);
