-- When it was first sent, and whether its draft was put aside: then it waits for nothing.
ALTER TABLE invoice ADD COLUMN IF NOT EXISTS sent_at TIMESTAMPTZ;
ALTER TABLE invoice ADD COLUMN IF NOT EXISTS discarded_at TIMESTAMPTZ;
ALTER TABLE invoice ADD COLUMN IF NOT EXISTS discarded_by TEXT NOT NULL DEFAULT '';
ALTER TABLE invoice ADD COLUMN IF NOT EXISTS discard_reason TEXT NOT NULL DEFAULT '';
