-- Orders to warehouses. The id is derived from request_key, so the primary key keeps a key unique for ever. The lines with
-- their counters are one document: a report changes most of them at once, and one row is cheaper than many.
CREATE TABLE IF NOT EXISTS fulfillment (
	fulfillment_id UUID NOT NULL PRIMARY KEY,
	request_key    TEXT NOT NULL,
	order_id       TEXT NOT NULL,
	node_id        TEXT NOT NULL,
	partner_id     TEXT NOT NULL,
	account_id     TEXT NOT NULL,
	ship_to        JSONB NOT NULL,
	lines          JSONB NOT NULL,
	stage          TEXT NOT NULL CHECK (stage IN ('CREATED', 'SENT', 'ACKNOWLEDGED', 'IN_PROGRESS', 'CLOSED', 'REJECTED', 'CANCELLED')),
	stop           TEXT NOT NULL CHECK (stop IN ('', 'REQUESTED', 'REFUSED')),
	event_sequence INT8 NOT NULL,
	created_at     TIMESTAMPTZ NOT NULL,
	updated_at     TIMESTAMPTZ NOT NULL
);
