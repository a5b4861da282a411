-- Copies of the master data, filled by its events, newest version wins.
CREATE TABLE IF NOT EXISTS item (
    sku_key     TEXT NOT NULL PRIMARY KEY, -- lower(sku)
    sku         TEXT NOT NULL,
    description TEXT NOT NULL,
    service     BOOL NOT NULL,
    base_unit   TEXT NOT NULL,
    scale       INT8 NOT NULL,
    units       JSONB NOT NULL, -- [{"unit": "CS", "numerator": 12, "denominator": 1, "from": "2026-01-01"}, …]
    tax_class   TEXT NOT NULL,
    inactive    BOOL NOT NULL,
    version     INT8 NOT NULL
);
