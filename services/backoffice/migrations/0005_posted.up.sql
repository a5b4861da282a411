-- What the ERP has been told, for ever: an event that comes again queues nothing.
CREATE TABLE IF NOT EXISTS posted (
	document_id TEXT NOT NULL PRIMARY KEY,
	order_id    TEXT NOT NULL,
	erp_number  TEXT NOT NULL,
	posted_at   TIMESTAMPTZ NOT NULL
);
