CREATE INDEX IF NOT EXISTS invoice_by_sold_to ON invoice (sold_to_account_id, invoice_id);
