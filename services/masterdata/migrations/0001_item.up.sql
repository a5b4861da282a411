CREATE TABLE IF NOT EXISTS item (
    sku_key     TEXT NOT NULL PRIMARY KEY, -- lower(sku): two codes that differ only by case are one item
    sku         TEXT NOT NULL,
    description TEXT NOT NULL,
    kind        TEXT NOT NULL CHECK (kind IN ('GOODS', 'SERVICE')),
    base_unit   TEXT NOT NULL,
    scale       INT8 NOT NULL CHECK (scale BETWEEN 0 AND 6),
    units       JSONB NOT NULL, -- [{"unit": "CS", "numerator": 12, "denominator": 1}], ordered by unit and day
    tax_class   TEXT NOT NULL,
    lot_tracked BOOL NOT NULL,
    substitutes JSONB NOT NULL, -- ["SKU-2"], the preferred one first
    inactive    BOOL NOT NULL,
    version     INT8 NOT NULL CHECK (version >= 1), -- also the sequence of the item's newest event
    updated_at  TIMESTAMPTZ NOT NULL
);
