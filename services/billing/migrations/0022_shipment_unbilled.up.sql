-- Shipments of which nothing is billed, so that what comes back of them is known to have no invoice.
CREATE TABLE IF NOT EXISTS shipment_unbilled (
    shipment_id UUID NOT NULL PRIMARY KEY
);
