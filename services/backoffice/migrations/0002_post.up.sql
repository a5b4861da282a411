-- What the ERP must be told. A row is deleted when it has been. Documents of one order go in the order of their positions. attempt
-- counts how often it was sent: one that was is asked for before it is sent again. STUCK: the ERP refused it, and it and what
-- comes after it wait for a person.
CREATE TABLE IF NOT EXISTS post (
	document_id TEXT NOT NULL PRIMARY KEY,
	order_id    TEXT NOT NULL,
	position    INT8 NOT NULL,
	shard       INT8 NOT NULL,
	state       TEXT NOT NULL CHECK (state IN ('WAITING', 'STUCK')),
	content     BYTEA NOT NULL,
	enqueued_at TIMESTAMPTZ NOT NULL,
	attempt     INT8 NOT NULL,
	reason      TEXT NOT NULL,
	message     TEXT NOT NULL
);
