-- The taxes that a credit memo gives back: shares of those of the invoice, or the engine's answer without reference.
CREATE TABLE IF NOT EXISTS credit_memo_tax (
    credit_memo_id UUID NOT NULL,
    position       INT8 NOT NULL,
    ordinal        INT8 NOT NULL, -- of the invoice's tax, with reference
    jurisdiction   TEXT NOT NULL,
    name           TEXT NOT NULL,
    rate           TEXT NOT NULL, -- a decimal fraction
    amount_minor   INT8 NOT NULL CHECK (amount_minor >= 0),
    PRIMARY KEY (credit_memo_id, position, ordinal)
);
