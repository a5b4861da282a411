-- On which ways an invoice was sent to its customer.
CREATE TABLE IF NOT EXISTS invoice_delivery (
    invoice_id  UUID NOT NULL,
    channel     TEXT NOT NULL,
    reference   TEXT NOT NULL, -- what names it there
    sent_at     TIMESTAMPTZ NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (invoice_id, channel, reference)
);
