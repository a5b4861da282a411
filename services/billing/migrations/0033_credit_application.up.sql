-- What of credit memos settles which invoices.
CREATE TABLE IF NOT EXISTS credit_application (
    credit_memo_id UUID NOT NULL,
    invoice_id     UUID NOT NULL,
    amount_minor   INT8 NOT NULL CHECK (amount_minor > 0), -- in all
    PRIMARY KEY (credit_memo_id, invoice_id)
);
