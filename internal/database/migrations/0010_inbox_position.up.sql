-- How far a follower has come with a stream: the broker's number of the last event whose effect is committed.
-- stream_started tells the stream from an earlier one of its name, whose numbers mean nothing any more.
CREATE TABLE IF NOT EXISTS inbox_position (
	consumer       TEXT NOT NULL,
	stream         TEXT NOT NULL,
	stream_started TIMESTAMPTZ NOT NULL,
	sequence       INT8 NOT NULL,
	PRIMARY KEY (consumer, stream)
);
