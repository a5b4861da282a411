CREATE INDEX IF NOT EXISTS credit_block_account ON credit_block (account_id, blocked, order_id);
