-- The latest moment that an applied snapshot of the system speaks of. Rows from before know none until the next one.
ALTER TABLE snapshot_position ADD COLUMN IF NOT EXISTS as_of TIMESTAMPTZ NOT NULL DEFAULT '1970-01-01T00:00:00Z';
