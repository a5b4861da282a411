-- Postings. They are never changed: a correction is a posting of its own.
CREATE TABLE IF NOT EXISTS journal (
    journal_id    UUID NOT NULL PRIMARY KEY,
    legal_entity  TEXT NOT NULL,
    currency_code TEXT NOT NULL,
    source        TEXT NOT NULL CHECK (source IN ('INVOICE')),
    source_id     UUID NOT NULL,
    posted_at     TIMESTAMPTZ NOT NULL
);
