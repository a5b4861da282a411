-- The lines of business documents that have had their effect, for ever. What the line said is kept as a hash, what it was
-- answered with as the message.
CREATE TABLE IF NOT EXISTS stock_document (
    number        TEXT NOT NULL,
    source_system TEXT NOT NULL,
    type          TEXT NOT NULL,
    line          INT8 NOT NULL,
    content       BYTEA NOT NULL,
    result        BYTEA NOT NULL,
    recorded_at   TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (number, source_system, type, line)
);
