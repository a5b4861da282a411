-- When what waits must be there; 1970: now.
ALTER TABLE reservation ADD COLUMN IF NOT EXISTS needed_at TIMESTAMPTZ NOT NULL DEFAULT '1970-01-01 00:00:00+00';
