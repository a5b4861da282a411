-- What of which shipment line is invoiced: a shipment line at most once, ever. The lines of an invoice are written with it
-- and never alone, so they carry no foreign key, which would cost a look-up for each.

CREATE TABLE IF NOT EXISTS invoice_line (
    invoice_id       UUID NOT NULL,
    position         INT8 NOT NULL CHECK (position > 0),
    shipment_line_id TEXT NOT NULL UNIQUE,
    line_number      INT8 NOT NULL,
    quantity         INT8 NOT NULL CHECK (quantity > 0),
    net_minor        INT8 NOT NULL, -- price × quantity
    discount_minor   INT8 NOT NULL DEFAULT 0, -- its part of the order's discounts, not above zero
    credited_quantity  INT8 NOT NULL DEFAULT 0, -- by credit memos
    credited_net_minor INT8 NOT NULL DEFAULT 0, -- of net + discount
    CHECK (credited_quantity BETWEEN 0 AND quantity),
    CHECK (credited_net_minor BETWEEN 0 AND net_minor + discount_minor),
    PRIMARY KEY (invoice_id, position)
);
