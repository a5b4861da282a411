CREATE INDEX IF NOT EXISTS invoice_by_account ON invoice (account_id, invoice_id);
