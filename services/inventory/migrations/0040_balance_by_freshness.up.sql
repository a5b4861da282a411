CREATE INDEX IF NOT EXISTS balance_by_freshness ON balance (stale, fresh_until);
