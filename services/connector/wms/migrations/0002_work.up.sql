-- What has to be done and reported next: the next step of an order (ORDER), and the answer to a request to stop (ANSWER).
-- A row is deleted when nothing remains. parcel is what is packed, from the pick on.
CREATE TABLE IF NOT EXISTS work (
	fulfillment_id UUID NOT NULL,
	kind           TEXT NOT NULL CHECK (kind IN ('ORDER', 'ANSWER')),
	step           TEXT NOT NULL,
	shard          INT8 NOT NULL,
	due_at         TIMESTAMPTZ NOT NULL,
	attempt        INT8 NOT NULL,
	parcel         JSONB NOT NULL,
	PRIMARY KEY (fulfillment_id, kind)
);
