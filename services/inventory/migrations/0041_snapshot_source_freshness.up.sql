-- For how long a snapshot of the system is fresh, 0: for ever; and what is kept back of stock that is older.
ALTER TABLE snapshot_source ADD COLUMN IF NOT EXISTS fresh_seconds INT8 NOT NULL DEFAULT 0 CHECK (fresh_seconds >= 0);
ALTER TABLE snapshot_source ADD COLUMN IF NOT EXISTS stale_units INT8 NOT NULL DEFAULT 0 CHECK (stale_units >= 0);
ALTER TABLE snapshot_source ADD COLUMN IF NOT EXISTS stale_bp INT8 NOT NULL DEFAULT 0 CHECK (stale_bp BETWEEN 0 AND 10000);
