-- Events that arrived and have to wait for an earlier one of their aggregate: behind a dead letter, or behind a gap
-- that has lasted too long to keep them waiting in the broker.
CREATE TABLE IF NOT EXISTS inbox_parked (
	consumer  TEXT NOT NULL,
	shard     INT8 NOT NULL,
	aggregate TEXT NOT NULL,
	sequence  INT8 NOT NULL,
	envelope  BYTEA NOT NULL,
	parked_at TIMESTAMPTZ NOT NULL,
	PRIMARY KEY (consumer, shard, aggregate, sequence)
);
