-- Troubles that need a person. The same trouble again is the same row.
CREATE TABLE IF NOT EXISTS exception (
    exception_id  UUID NOT NULL PRIMARY KEY,
    trouble_key   TEXT NOT NULL UNIQUE, -- what makes it the same
    class         TEXT NOT NULL,
    severity      INT8 NOT NULL CHECK (severity BETWEEN 1 AND 4),
    state         TEXT NOT NULL CHECK (state IN ('OPEN', 'ASSIGNED', 'RESOLVED')),
    queue         TEXT NOT NULL,
    assignee      TEXT NOT NULL,
    subject_kind  TEXT NOT NULL,
    subject_id    TEXT NOT NULL,
    order_id      TEXT NOT NULL, -- '': none
    partner_id    TEXT NOT NULL,
    node_id       TEXT NOT NULL,
    reason        TEXT NOT NULL,
    message       TEXT NOT NULL,
    context       JSONB NOT NULL,
    first_seen_at TIMESTAMPTZ NOT NULL,
    last_seen_at  TIMESTAMPTZ NOT NULL,
    opened_at     TIMESTAMPTZ NOT NULL, -- last
    due_at        TIMESTAMPTZ NOT NULL,
    resolved_at   TIMESTAMPTZ NOT NULL, -- the year 1 while it is open
    resolution    TEXT NOT NULL,
    times_seen    INT8 NOT NULL CHECK (times_seen >= 1),
    steps         INT8 NOT NULL CHECK (steps >= 0),
    sequence      INT8 NOT NULL CHECK (sequence >= 0), -- of its newest event
    is_open       BOOL NOT NULL
);
