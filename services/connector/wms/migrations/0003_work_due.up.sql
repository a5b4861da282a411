CREATE INDEX IF NOT EXISTS work_due ON work (shard, due_at);
