CREATE TABLE IF NOT EXISTS journal_entry (
    journal_id   UUID NOT NULL,
    position     INT8 NOT NULL,
    ledger       TEXT NOT NULL,
    subject      TEXT NOT NULL, -- the customer of a receivable, the jurisdiction of a tax
    debit_minor  INT8 NOT NULL CHECK (debit_minor >= 0),
    credit_minor INT8 NOT NULL CHECK (credit_minor >= 0),
    base_debit_minor  INT8 NOT NULL CHECK (base_debit_minor >= 0), -- in the journal's base currency
    base_credit_minor INT8 NOT NULL CHECK (base_credit_minor >= 0),
    PRIMARY KEY (journal_id, position),
    CHECK (base_debit_minor = 0 OR base_credit_minor = 0),
    CHECK ((debit_minor = 0) <> (credit_minor = 0))
);
