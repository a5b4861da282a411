-- Postings. They are never changed: a correction is a posting of its own.
CREATE TABLE IF NOT EXISTS journal (
    journal_id    UUID NOT NULL PRIMARY KEY,
    legal_entity  TEXT NOT NULL,
    currency_code TEXT NOT NULL,
    base_currency_code TEXT NOT NULL, -- the legal entity's
    exchange_rate TEXT NOT NULL, -- one unit of the currency in the base currency
    source        TEXT NOT NULL CHECK (source IN ('INVOICE', 'CREDIT_MEMO', 'PAYMENT', 'WRITE_OFF')),
    source_id     UUID NOT NULL,
    posted_at     TIMESTAMPTZ NOT NULL
);
