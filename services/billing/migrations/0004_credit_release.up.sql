-- What was given back, by the key of the request, for ever.
CREATE TABLE IF NOT EXISTS credit_release (
    release_key    TEXT NOT NULL PRIMARY KEY,
    order_id       UUID NOT NULL,
    released_minor INT8 NOT NULL CHECK (released_minor >= 0)
);
