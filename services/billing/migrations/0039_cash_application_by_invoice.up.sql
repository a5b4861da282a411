CREATE INDEX IF NOT EXISTS cash_application_by_invoice ON cash_application (invoice_id);
