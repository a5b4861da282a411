-- The lines of a credit memo, written with it and never alone.
CREATE TABLE IF NOT EXISTS credit_memo_line (
    credit_memo_id   UUID NOT NULL,
    position         INT8 NOT NULL CHECK (position > 0),
    invoice_id       UUID NOT NULL, -- all zeros without reference
    invoice_position INT8 NOT NULL, -- 0 without reference
    shipment_line_id TEXT NOT NULL, -- empty without reference, and for a charge
    sku              TEXT NOT NULL,
    description      TEXT NOT NULL,
    quantity         INT8 NOT NULL CHECK (quantity >= 0), -- 0 for a price adjustment
    scale            INT8 NOT NULL,
    unit             TEXT NOT NULL,
    unit_price       TEXT NOT NULL, -- agreed without reference; empty otherwise
    tax_class        TEXT NOT NULL,
    ledger           TEXT NOT NULL, -- where its revenue was
    net_minor        INT8 NOT NULL CHECK (net_minor >= 0), -- before the fee
    fee_minor        INT8 NOT NULL CHECK (fee_minor BETWEEN 0 AND net_minor),
    PRIMARY KEY (credit_memo_id, position),
    CHECK ((invoice_id = '00000000-0000-0000-0000-000000000000') = (invoice_position = 0))
);
