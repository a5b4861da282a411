CREATE INDEX IF NOT EXISTS credit_memo_by_account ON credit_memo (account_id, credit_memo_id);
