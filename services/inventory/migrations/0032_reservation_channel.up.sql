-- state: CONFIRMED (for good; expires_at says nothing), SOFT (until expires_at), and how a soft one ended: EXPIRED, RELEASED,
-- REPLACED. partner_id is whose hold it is.
ALTER TABLE reservation ADD COLUMN IF NOT EXISTS channel TEXT NOT NULL DEFAULT '';
ALTER TABLE reservation ADD COLUMN IF NOT EXISTS state TEXT NOT NULL DEFAULT 'CONFIRMED';
ALTER TABLE reservation ADD COLUMN IF NOT EXISTS expires_at TIMESTAMPTZ NOT NULL DEFAULT '1970-01-01 00:00:00+00';
ALTER TABLE reservation ADD COLUMN IF NOT EXISTS partner_id TEXT NOT NULL DEFAULT '';
