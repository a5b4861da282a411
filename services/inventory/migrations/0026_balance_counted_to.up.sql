-- The moment of the newest count or snapshot of it; the year 1: never counted.
ALTER TABLE balance ADD COLUMN IF NOT EXISTS counted_to TIMESTAMPTZ NOT NULL DEFAULT '0001-01-01T00:00:00Z';
