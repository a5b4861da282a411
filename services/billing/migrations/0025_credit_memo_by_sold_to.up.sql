CREATE INDEX IF NOT EXISTS credit_memo_by_sold_to ON credit_memo (sold_to_account_id, credit_memo_id);
