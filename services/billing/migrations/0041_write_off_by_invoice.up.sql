CREATE INDEX IF NOT EXISTS write_off_by_invoice ON write_off (invoice_id);
