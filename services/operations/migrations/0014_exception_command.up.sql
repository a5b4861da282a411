-- The keys of commands about exceptions, kept for ever with what they stand for.
CREATE TABLE IF NOT EXISTS exception_command (
    request_key  TEXT NOT NULL PRIMARY KEY, -- who gave it and under which request id
    exception_id UUID NOT NULL REFERENCES exception (exception_id),
    position     INT8 NOT NULL, -- of its step
    content_hash BYTEA NOT NULL,
    times_seen   INT8 NOT NULL, -- how often the exception had been seen when it was given
    failure      TEXT NOT NULL -- the fault with which it was refused, as JSON; '': none
);
