-- What customers have paid. What is not applied to an invoice is unapplied cash.
CREATE TABLE IF NOT EXISTS payment (
    payment_id         UUID NOT NULL PRIMARY KEY,
    account_id         TEXT NOT NULL, -- who paid: a bill-to
    legal_entity       TEXT NOT NULL,
    currency_code      TEXT NOT NULL,
    amount_minor       INT8 NOT NULL CHECK (amount_minor > 0),
    applied_minor      INT8 NOT NULL CHECK (applied_minor BETWEEN 0 AND amount_minor),
    received_on        DATE NOT NULL,
    reference          TEXT NOT NULL,
    exchange_rate      TEXT NOT NULL, -- one unit of its currency in the legal entity's, of the day of recording
    journal_id         UUID NOT NULL,
    recorded_at        TIMESTAMPTZ NOT NULL
);
