-- How far a consumer has come with an aggregate: the last sequence whose effect is committed. Blocked: the next event is
-- a dead letter, and what follows it is parked. The shard stands before the aggregate, so that consumers of different
-- shards write in different places and do not come into conflict for being neighbours.
CREATE TABLE IF NOT EXISTS inbox_cursor (
	consumer  TEXT NOT NULL,
	shard     INT8 NOT NULL,
	aggregate TEXT NOT NULL,
	sequence  INT8 NOT NULL,
	blocked   BOOL NOT NULL DEFAULT false,
	PRIMARY KEY (consumer, shard, aggregate)
);
