CREATE INDEX IF NOT EXISTS reconciliation_break_by_order ON reconciliation_break (order_id, is_open, since, break_id);
