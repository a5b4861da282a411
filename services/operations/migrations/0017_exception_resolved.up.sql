CREATE INDEX IF NOT EXISTS exception_resolved ON exception (is_open, resolved_at);
