-- Until when what an outside system said of the stock is fresh enough to be promised in full; far away: for ever. From then on it
-- is stale, and the larger of the units and the share (in parts per ten thousand of what is available) is kept back.
ALTER TABLE balance ADD COLUMN IF NOT EXISTS fresh_until TIMESTAMPTZ NOT NULL DEFAULT '9999-12-31T00:00:00Z';
ALTER TABLE balance ADD COLUMN IF NOT EXISTS stale BOOL NOT NULL DEFAULT false;
ALTER TABLE balance ADD COLUMN IF NOT EXISTS stale_units INT8 NOT NULL DEFAULT 0 CHECK (stale_units >= 0);
ALTER TABLE balance ADD COLUMN IF NOT EXISTS stale_bp INT8 NOT NULL DEFAULT 0 CHECK (stale_bp BETWEEN 0 AND 10000);
