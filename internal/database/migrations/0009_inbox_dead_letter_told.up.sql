-- How many events have told of a dead letter, and who decided about it and why.
ALTER TABLE inbox_dead_letter
	ADD COLUMN IF NOT EXISTS told        INT8 NOT NULL DEFAULT 0,
	ADD COLUMN IF NOT EXISTS resolved_by TEXT NOT NULL DEFAULT '',
	ADD COLUMN IF NOT EXISTS reason      TEXT NOT NULL DEFAULT '';
