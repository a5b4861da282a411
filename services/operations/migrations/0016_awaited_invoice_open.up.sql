CREATE INDEX IF NOT EXISTS awaited_invoice_open ON awaited_invoice (invoiced, told, shipped_at, shipment_id);
