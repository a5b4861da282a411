CREATE INDEX IF NOT EXISTS credit_memo_by_order ON credit_memo (order_id, credit_memo_id);
