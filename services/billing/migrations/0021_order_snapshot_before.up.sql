-- The priced orders that amendments have replaced, by the claim that brought them: what counts again when the claim of an
-- amendment is undone.
CREATE TABLE IF NOT EXISTS order_snapshot_before (
    claim_key     TEXT NOT NULL PRIMARY KEY,
    order_id      UUID NOT NULL,
    tax_rate      INT8 NOT NULL,
    snapshot_hash BYTEA NOT NULL,
    snapshot      BYTEA NOT NULL
);
