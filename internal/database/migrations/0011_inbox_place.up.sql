-- Up to where a consumer has acknowledged the events of a stream in a shard, a while ago: where it begins when the broker has
-- forgotten it. stream_started tells the stream from an earlier one of its name, subjects what the consumer took of it.
CREATE TABLE IF NOT EXISTS inbox_place (
	consumer       TEXT NOT NULL,
	stream         TEXT NOT NULL,
	shard          INT8 NOT NULL,
	stream_started TIMESTAMPTZ NOT NULL,
	subjects       TEXT NOT NULL,
	sequence       INT8 NOT NULL,
	PRIMARY KEY (consumer, stream, shard)
);
