CREATE INDEX IF NOT EXISTS exchange_difference_invoice ON exchange_difference (invoice_id);
