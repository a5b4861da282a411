CREATE INDEX IF NOT EXISTS invoice_pending_due ON invoice_pending (shard, due_at, invoice_id);
