-- The event that queued it; empty: none did, or it was queued before this was kept.
ALTER TABLE post ADD COLUMN IF NOT EXISTS cause TEXT NOT NULL DEFAULT '';
