-- When the place ships, how much, and how long goods travel from it: JSON.
ALTER TABLE node ADD COLUMN IF NOT EXISTS calendar BYTEA NOT NULL DEFAULT '{}';
