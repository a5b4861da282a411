-- Every event of every service, as it travelled, kept past what the streams keep. Append-only until the retention is over. The
-- key is the event's place in its aggregate, which is unique for ever.
CREATE TABLE IF NOT EXISTS archived_event (
    kind            TEXT NOT NULL, -- of the aggregate: 'order.order'
    aggregate       TEXT NOT NULL,
    sequence        INT8 NOT NULL CHECK (sequence >= 1),
    event_id        TEXT NOT NULL,
    event_type      TEXT NOT NULL,
    shard           INT8 NOT NULL,
    stream_sequence INT8 NOT NULL, -- the broker's number in the owner's stream; 0: not known
    recorded_at     TIMESTAMPTZ NOT NULL,
    envelope        BYTEA NOT NULL,
    PRIMARY KEY (kind, aggregate, sequence)
);
