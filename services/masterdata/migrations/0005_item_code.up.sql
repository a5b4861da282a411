-- The codes of the items. The key makes a code belong to one item.
CREATE TABLE IF NOT EXISTS item_code (
    code_type  TEXT NOT NULL CHECK (code_type IN ('GTIN', 'BUYER', 'VENDOR')),
    partner_id TEXT NOT NULL, -- '' for a GTIN
    code_key   TEXT NOT NULL, -- what codes are compared by: a GTIN with 14 digits, another code in lower case
    sku_key    TEXT NOT NULL REFERENCES item (sku_key),
    code       TEXT NOT NULL, -- as it was given
    unit       TEXT NOT NULL, -- '': the base unit
    PRIMARY KEY (code_type, partner_id, code_key)
);

CREATE INDEX IF NOT EXISTS item_code_by_item ON item_code (sku_key, code_type, partner_id, code_key);
