CREATE INDEX IF NOT EXISTS parked_report_due ON parked_report (shard, due_at);
