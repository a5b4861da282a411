-- Which state has changed and must be told anew: one row per transaction with the keys of all that it changed. What is
-- told is the newest state at the time of telling, so rows may be joined.
CREATE TABLE IF NOT EXISTS outbox_state (
	shard INT8 NOT NULL,
	id    UUID NOT NULL,
	event TEXT NOT NULL,
	keys  TEXT[] NOT NULL,
	PRIMARY KEY (shard, id)
);
