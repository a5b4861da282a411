CREATE INDEX IF NOT EXISTS reconciliation_break_open ON reconciliation_break (is_open, since, break_id);
