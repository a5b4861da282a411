CREATE INDEX IF NOT EXISTS fulfillment_exception_open ON fulfillment_exception (is_open, exception_id);
