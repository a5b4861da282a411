-- Which invoices a payment settles, and with how much: zero where it was taken off again.
CREATE TABLE IF NOT EXISTS cash_application (
    payment_id   UUID NOT NULL,
    invoice_id   UUID NOT NULL,
    amount_minor INT8 NOT NULL CHECK (amount_minor >= 0),
    PRIMARY KEY (payment_id, invoice_id)
);
