CREATE TABLE IF NOT EXISTS price (
    price_list    TEXT NOT NULL,
    currency_code TEXT NOT NULL,
    sku_key       TEXT NOT NULL REFERENCES item (sku_key),
    min_quantity  TEXT NOT NULL, -- a decimal in base units in its shortest form; '': any quantity
    valid_from    TEXT NOT NULL, -- 'YYYY-MM-DD'; '': always
    unit_price    TEXT NOT NULL, -- a decimal with at most six places
    price_unit    TEXT NOT NULL, -- '': the base unit
    valid_until   TEXT NOT NULL CHECK (valid_until = '' OR valid_until >= valid_from), -- '': for ever
    withdrawn     BOOL NOT NULL,
    version       INT8 NOT NULL CHECK (version >= 1),
    updated_at    TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (price_list, currency_code, sku_key, min_quantity, valid_from)
);

CREATE INDEX IF NOT EXISTS price_by_item ON price (sku_key, price_list);
