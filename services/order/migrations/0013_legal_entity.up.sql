CREATE TABLE IF NOT EXISTS legal_entity (
    legal_entity_id  TEXT NOT NULL PRIMARY KEY,
    rounding         TEXT NOT NULL,
    tax_mode         TEXT NOT NULL CHECK (tax_mode IN ('PER_LINE', 'PER_DOCUMENT')),
    tax_jurisdiction TEXT NOT NULL,
    version          INT8 NOT NULL
);
