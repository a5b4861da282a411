-- Events that a consumer could not handle, with everything that a person needs to understand them and to hand them in
-- again. resolved_at and resolution say what became of it.
CREATE TABLE IF NOT EXISTS inbox_dead_letter (
	consumer    TEXT NOT NULL,
	id          TEXT NOT NULL,
	aggregate   TEXT NOT NULL,
	sequence    INT8 NOT NULL,
	shard       INT8 NOT NULL,
	type        TEXT NOT NULL,
	schema      TEXT NOT NULL,
	envelope    BYTEA NOT NULL,
	error       TEXT NOT NULL,
	attempts    INT8 NOT NULL,
	failed_at   TIMESTAMPTZ NOT NULL,
	resolved_at TIMESTAMPTZ,
	resolution  TEXT NOT NULL DEFAULT '',
	PRIMARY KEY (consumer, id)
);
