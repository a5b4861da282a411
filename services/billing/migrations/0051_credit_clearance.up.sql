-- What became of the checks before releases, by key, for ever.
CREATE TABLE IF NOT EXISTS credit_clearance (
    clearance_key  TEXT NOT NULL PRIMARY KEY,
    order_id       UUID NOT NULL,
    account_id     TEXT NOT NULL,
    reason         TEXT NOT NULL, -- empty: the order was cleared
    message        TEXT NOT NULL,
    exposure_minor INT8 NOT NULL,
    limit_minor    INT8 NOT NULL,
    block_sequence INT8 NOT NULL, -- the sequence with which a refusal was told as a block
    decided_at     TIMESTAMPTZ NOT NULL
);
