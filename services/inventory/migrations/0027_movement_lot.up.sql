-- Empty for items without lots, and for what is there without a known one.
ALTER TABLE movement ADD COLUMN IF NOT EXISTS lot TEXT NOT NULL DEFAULT '';
