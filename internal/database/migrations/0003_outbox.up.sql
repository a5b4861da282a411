-- Events that are committed and not yet acknowledged by the broker. The id is a UUIDv7: rows of a shard lie roughly in
-- the order in which they were made. Order within an aggregate is that of its sequence alone.
CREATE TABLE IF NOT EXISTS outbox (
	shard     INT8 NOT NULL,
	id        UUID NOT NULL,
	aggregate TEXT NOT NULL,
	sequence  INT8 NOT NULL,
	envelope  BYTEA NOT NULL,
	PRIMARY KEY (shard, id)
);
