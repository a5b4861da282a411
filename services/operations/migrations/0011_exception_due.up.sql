CREATE INDEX IF NOT EXISTS exception_due ON exception (is_open, due_at, exception_id);
