CREATE INDEX IF NOT EXISTS payment_by_account ON payment (account_id, payment_id);
