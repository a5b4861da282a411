-- What the warehouse was told to do, for ever: a repeat finds it. stopped: it will not be done; such a row may stand
-- before the order arrives.
CREATE TABLE IF NOT EXISTS warehouse_order (
	fulfillment_id UUID NOT NULL PRIMARY KEY,
	node_id        TEXT NOT NULL,
	lines          JSONB NOT NULL,
	stopped        BOOL NOT NULL,
	received_at    TIMESTAMPTZ NOT NULL
);
