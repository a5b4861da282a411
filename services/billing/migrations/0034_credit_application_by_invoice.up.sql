CREATE INDEX IF NOT EXISTS credit_application_by_invoice ON credit_application (invoice_id);
