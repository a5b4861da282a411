-- Exchange differences that were realised: what settled a part of an invoice at another rate than the invoice's, or was taken
-- off it again.
CREATE TABLE IF NOT EXISTS exchange_difference (
    exchange_difference_id UUID NOT NULL PRIMARY KEY,
    invoice_id             UUID NOT NULL,
    document_id            UUID NOT NULL, -- the payment or credit memo
    base_gain_minor        INT8 NOT NULL CHECK (base_gain_minor <> 0), -- below zero: a loss
    journal_id             UUID NOT NULL,
    realised_at            TIMESTAMPTZ NOT NULL
);
