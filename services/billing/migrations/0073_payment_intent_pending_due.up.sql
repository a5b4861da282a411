CREATE INDEX IF NOT EXISTS payment_intent_pending_due ON payment_intent_pending (shard, due_at, intent_id);
