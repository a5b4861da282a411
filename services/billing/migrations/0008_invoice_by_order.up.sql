CREATE INDEX IF NOT EXISTS invoice_by_order ON invoice (order_id);
