-- What of invoices was given up, and why.
CREATE TABLE IF NOT EXISTS write_off (
    write_off_id   UUID NOT NULL PRIMARY KEY,
    invoice_id     UUID NOT NULL,
    amount_minor   INT8 NOT NULL CHECK (amount_minor > 0),
    reason         TEXT NOT NULL,
    journal_id     UUID NOT NULL,
    written_off_at TIMESTAMPTZ NOT NULL
);
