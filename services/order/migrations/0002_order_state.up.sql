-- Where an order is: rewritten with every change, so it is narrow. Lines and progress are JSON because an order is loaded,
-- decided and saved as one value; a row per line would be written five times for an order of five lines, each time.
-- lines: [{"ordered": 5, "reserved": 5, "at": [{"node": "LEEDS", "reserved": 5}]}, …] in the order of line numbers.
CREATE TABLE IF NOT EXISTS order_state (
    order_id     UUID NOT NULL PRIMARY KEY,
    shard        INT8 NOT NULL,
    version      INT8 NOT NULL CHECK (version >= 1),
    sequence     INT8 NOT NULL CHECK (sequence >= 1), -- of the newest event
    state        TEXT NOT NULL CHECK (state IN ('RECEIVED', 'ACCEPTED', 'HELD', 'REJECTED', 'CANCELLED')),
    status       TEXT NOT NULL, -- derived: a function of state, holds and quantities
    moving       BOOL NOT NULL, -- derived: somebody is at work on it
    policy       TEXT NOT NULL CHECK (policy IN ('SHIP_PARTIAL', 'SHIP_COMPLETE', 'FILL_OR_KILL')),
    priority     INT8 NOT NULL,
    not_before   DATE,
    received_at  TIMESTAMPTZ NOT NULL,
    accepted_at  TIMESTAMPTZ,
    completed_at TIMESTAMPTZ,
    lines        JSONB NOT NULL,
    progress     JSONB NOT NULL
);
CREATE INDEX IF NOT EXISTS order_state_by_status ON order_state (status, order_id);
