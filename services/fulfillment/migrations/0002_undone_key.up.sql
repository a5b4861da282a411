-- Keys that were undone before they were seen: an order that arrives under one of them is refused.
CREATE TABLE IF NOT EXISTS undone_key (
	fulfillment_id UUID NOT NULL PRIMARY KEY,
	request_key    TEXT NOT NULL,
	reason         TEXT NOT NULL,
	recorded_at    TIMESTAMPTZ NOT NULL
);
