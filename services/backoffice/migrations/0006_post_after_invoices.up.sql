-- How many invoices of its order must be posted before it: an order is closed after the last one, which may not be queued yet.
ALTER TABLE post ADD COLUMN IF NOT EXISTS after_invoices INT8 NOT NULL DEFAULT 0;
