-- What expires when.
CREATE INDEX IF NOT EXISTS lot_expiry ON lot_balance (expires_on);
