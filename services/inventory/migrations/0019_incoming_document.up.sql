-- What brings supply, with the number of the newest event that told of it.
CREATE TABLE IF NOT EXISTS incoming_document (
    document       TEXT NOT NULL PRIMARY KEY,
    event_sequence INT8 NOT NULL
);
