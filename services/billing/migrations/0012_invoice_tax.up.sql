-- The engine's answer, line by line and jurisdiction by jurisdiction, as it was given.
CREATE TABLE IF NOT EXISTS invoice_tax (
    invoice_id   UUID NOT NULL,
    position     INT8 NOT NULL,
    ordinal      INT8 NOT NULL,
    jurisdiction TEXT NOT NULL,
    name         TEXT NOT NULL,
    rate         TEXT NOT NULL, -- a decimal fraction
    amount_minor INT8 NOT NULL,
    credited_minor INT8 NOT NULL DEFAULT 0 CHECK (credited_minor BETWEEN 0 AND amount_minor), -- given back by credit memos
    PRIMARY KEY (invoice_id, position, ordinal)
);
