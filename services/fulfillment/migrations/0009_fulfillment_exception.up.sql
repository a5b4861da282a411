-- What people have to look at. One of a kind about a subject is opened once. resolved_at is the year 1 while it is open.
CREATE TABLE IF NOT EXISTS fulfillment_exception (
	exception_id   UUID NOT NULL PRIMARY KEY,
	kind           TEXT NOT NULL,
	subject        TEXT NOT NULL,
	order_id       TEXT NOT NULL,
	partner_id     TEXT NOT NULL,
	node_id        TEXT NOT NULL,
	fulfillment_id UUID NOT NULL,
	shipment_id    UUID NOT NULL,
	reason         TEXT NOT NULL,
	message        TEXT NOT NULL,
	report         TEXT NOT NULL,
	is_open        BOOL NOT NULL,
	opened_at      TIMESTAMPTZ NOT NULL,
	resolved_at    TIMESTAMPTZ NOT NULL,
	resolution     TEXT NOT NULL,
	UNIQUE (subject, kind)
);
