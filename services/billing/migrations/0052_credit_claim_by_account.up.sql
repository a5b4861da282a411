CREATE INDEX IF NOT EXISTS credit_claim_account ON credit_claim (account_id, order_id);
