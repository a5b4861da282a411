-- What this service has to ask of others: a queue, drained by the owners of the shards. Finished processes are deleted.
-- steps: [{"step": "credit", "state": "calling", "round": 1}, …]
CREATE TABLE IF NOT EXISTS process (
    process_id UUID NOT NULL PRIMARY KEY,
    order_id   UUID NOT NULL,
    kind       TEXT NOT NULL,
    shard      INT8 NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('ACTIVE', 'STUCK')),
    version    INT8 NOT NULL,
    due_at     TIMESTAMPTZ NOT NULL,
    deadline   TIMESTAMPTZ NOT NULL,
    steps      JSONB NOT NULL
);
CREATE INDEX IF NOT EXISTS process_due ON process (shard, due_at);
