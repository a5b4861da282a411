CREATE TABLE IF NOT EXISTS legal_entity (
    legal_entity_id    TEXT NOT NULL PRIMARY KEY,
    name               TEXT NOT NULL,
    base_currency_code TEXT NOT NULL,
    rounding           TEXT NOT NULL CHECK (rounding IN ('HALF_UP', 'HALF_EVEN')),
    tax_mode           TEXT NOT NULL CHECK (tax_mode IN ('PER_LINE', 'PER_DOCUMENT')),
    tax_jurisdiction   TEXT NOT NULL,
    invoice_prefix     TEXT NOT NULL,
    credit_memo_prefix TEXT NOT NULL,
    address            JSONB NOT NULL, -- {} where none is known
    version            INT8 NOT NULL CHECK (version >= 1),
    updated_at         TIMESTAMPTZ NOT NULL
);
