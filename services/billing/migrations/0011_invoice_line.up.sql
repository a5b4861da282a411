-- What of which shipment line is invoiced: a shipment line at most once, ever. The lines of an invoice are written with it
-- and never alone, so they carry no foreign key, which would cost a look-up for each.

CREATE TABLE IF NOT EXISTS invoice_line (
    invoice_id       UUID NOT NULL,
    position         INT8 NOT NULL CHECK (position > 0),
    shipment_line_id TEXT NOT NULL UNIQUE,
    line_number      INT8 NOT NULL,
    quantity         INT8 NOT NULL CHECK (quantity > 0),
    net_minor        INT8 NOT NULL,
    PRIMARY KEY (invoice_id, position)
);
