-- One row: how often the copies above were changed, and up to when they were told. Readers keep what they have read until
-- the version changes.
CREATE TABLE IF NOT EXISTS catalog (
    catalog_id INT8 NOT NULL PRIMARY KEY CHECK (catalog_id = 1),
    version    INT8 NOT NULL,
    as_of      TIMESTAMPTZ NOT NULL
);
