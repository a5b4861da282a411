-- The sweep looks for those that are due, whatever their item.
CREATE INDEX IF NOT EXISTS soft_due ON soft (expires_at);
