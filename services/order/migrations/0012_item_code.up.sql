-- The codes under which items are known. The version is the item's: what an older version had is dropped.
CREATE TABLE IF NOT EXISTS item_code (
    code_type  TEXT NOT NULL CHECK (code_type IN ('GTIN', 'BUYER', 'VENDOR')),
    partner_id TEXT NOT NULL, -- empty: of a GTIN
    code       TEXT NOT NULL,
    sku_key    TEXT NOT NULL,
    unit       TEXT NOT NULL, -- empty: the base unit
    version    INT8 NOT NULL,
    PRIMARY KEY (code_type, partner_id, code, sku_key)
);
CREATE INDEX IF NOT EXISTS item_code_by_item ON item_code (sku_key);
