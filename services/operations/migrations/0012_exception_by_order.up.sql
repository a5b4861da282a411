CREATE INDEX IF NOT EXISTS exception_by_order ON exception (order_id, exception_id);
