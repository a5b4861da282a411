-- What has to be told to warehouses: orders to hand over (SEND) and requests to stop (STOP). A row is deleted once the
-- warehouse has answered. attempt counts the calls that were begun: while it is 0 the warehouse knows nothing of it.
CREATE TABLE IF NOT EXISTS dispatch (
	fulfillment_id UUID NOT NULL,
	kind           TEXT NOT NULL CHECK (kind IN ('SEND', 'STOP')),
	shard          INT8 NOT NULL,
	due_at         TIMESTAMPTZ NOT NULL,
	attempt        INT8 NOT NULL,
	PRIMARY KEY (fulfillment_id, kind)
);
