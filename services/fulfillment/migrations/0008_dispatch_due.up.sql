CREATE INDEX IF NOT EXISTS dispatch_due ON dispatch (shard, due_at);
