CREATE INDEX IF NOT EXISTS invoice_by_partner ON invoice (partner_id, invoice_id);
