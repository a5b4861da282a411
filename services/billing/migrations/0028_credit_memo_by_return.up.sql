CREATE INDEX IF NOT EXISTS credit_memo_by_return ON credit_memo (return_id, credit_memo_id);
