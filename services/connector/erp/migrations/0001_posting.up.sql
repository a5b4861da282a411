-- What was posted, for ever: a repeat finds it. content_hash tells another content under a known id; times_sent counts arrivals.
CREATE TABLE IF NOT EXISTS posting (
	document_id   TEXT NOT NULL PRIMARY KEY,
	order_id      TEXT NOT NULL,
	kind          INT8 NOT NULL,
	content_hash  BYTEA NOT NULL,
	currency_code TEXT NOT NULL,
	total_minor   INT8 NOT NULL,
	erp_number    TEXT NOT NULL,
	posted_at     TIMESTAMPTZ NOT NULL,
	times_sent    INT8 NOT NULL CHECK (times_sent > 0)
);
