-- Orders that are not, or were not, to go on for want of credit. The sequence counts what was told of it.
CREATE TABLE IF NOT EXISTS credit_block (
    order_id   UUID NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    blocked    BOOL NOT NULL,
    reason     TEXT NOT NULL, -- why it was blocked last
    message    TEXT NOT NULL,
    sequence   INT8 NOT NULL,
    changed_at TIMESTAMPTZ NOT NULL
);
