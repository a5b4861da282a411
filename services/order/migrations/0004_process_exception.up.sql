-- What a person must look at: processes that have failed for too long, and facts that should not have been possible.
CREATE TABLE IF NOT EXISTS process_exception (
    exception_id UUID NOT NULL PRIMARY KEY,
    order_id     UUID NOT NULL,
    process_id   UUID, -- of a stuck process
    reason       TEXT NOT NULL,
    message      TEXT NOT NULL,
    opened_at    TIMESTAMPTZ NOT NULL,
    resolved_at  TIMESTAMPTZ
);
