-- Places where the two sides of a rule differ, though nothing about them is in flight. The same thing of the same rule is the same
-- row for ever: the id is made of both.
CREATE TABLE IF NOT EXISTS reconciliation_break (
    break_id     UUID NOT NULL PRIMARY KEY,
    equation     TEXT NOT NULL,
    rule         TEXT NOT NULL,
    description  TEXT NOT NULL,
    entity       TEXT NOT NULL,
    left_side    TEXT NOT NULL,
    right_side   TEXT NOT NULL,
    detail       TEXT NOT NULL,
    order_id     TEXT NOT NULL, -- '': none is known
    line_number  INT8 NOT NULL, -- 0: all of it
    sku          TEXT NOT NULL,
    node_id      TEXT NOT NULL,
    document_id  TEXT NOT NULL,
    repair       TEXT NOT NULL,
    guidance     TEXT NOT NULL,
    is_open      BOOL NOT NULL,
    since        TIMESTAMPTZ NOT NULL, -- it is open, or was last
    last_seen_at TIMESTAMPTZ NOT NULL,
    closed_at    TIMESTAMPTZ NOT NULL, -- the year 1 while it is open
    times_seen   INT8 NOT NULL CHECK (times_seen >= 1),
    repairs      INT8 NOT NULL CHECK (repairs >= 0),
    sequence     INT8 NOT NULL CHECK (sequence >= 1) -- of its newest event
);
