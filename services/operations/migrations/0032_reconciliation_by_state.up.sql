CREATE INDEX IF NOT EXISTS reconciliation_by_state ON reconciliation (state, requested_at);
