-- Shipments and whether their invoices are issued. Either may be known first.
CREATE TABLE IF NOT EXISTS awaited_invoice (
    shipment_id TEXT NOT NULL PRIMARY KEY,
    order_id    TEXT NOT NULL,
    node_id     TEXT NOT NULL,
    shipped_at  TIMESTAMPTZ, -- NULL: only the invoice is known
    invoiced    BOOL NOT NULL,
    told        BOOL NOT NULL -- an exception was opened for it
);
