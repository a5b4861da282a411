CREATE INDEX IF NOT EXISTS credit_memo_pending_due ON credit_memo_pending (shard, due_at, credit_memo_id);
