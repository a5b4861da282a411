-- Repairs of breaks: a command stands here before it is carried out, and what came of it after it. The key is kept for ever.
CREATE TABLE IF NOT EXISTS reconciliation_repair (
    break_id     UUID NOT NULL REFERENCES reconciliation_break (break_id),
    position     INT8 NOT NULL CHECK (position >= 1),
    request_key  TEXT NOT NULL UNIQUE, -- who gave it and under which request id
    content_hash BYTEA NOT NULL,
    repair       TEXT NOT NULL,
    at           TIMESTAMPTZ NOT NULL,
    actor        TEXT NOT NULL,
    reason       TEXT NOT NULL,
    input        JSONB NOT NULL,
    outcome      TEXT NOT NULL, -- '': not known yet
    failure      TEXT NOT NULL, -- the fault with which it was refused, as JSON; '': none
    PRIMARY KEY (break_id, position)
);
