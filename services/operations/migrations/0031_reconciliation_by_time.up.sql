CREATE INDEX IF NOT EXISTS reconciliation_by_time ON reconciliation (requested_at, reconciliation_id);
