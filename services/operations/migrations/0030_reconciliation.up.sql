-- Looks at all books. results is what became of each rule, as JSON: [{"equation": …, "rule": …, "examined": 12, …}].
CREATE TABLE IF NOT EXISTS reconciliation (
    reconciliation_id UUID NOT NULL PRIMARY KEY,
    state             TEXT NOT NULL CHECK (state IN ('WAITING', 'RUNNING', 'DONE')),
    cause             TEXT NOT NULL CHECK (cause IN ('SCHEDULED', 'REQUESTED')),
    requested_by      TEXT NOT NULL, -- '': it was due
    requested_at      TIMESTAMPTZ NOT NULL,
    started_at        TIMESTAMPTZ NOT NULL, -- the year 1 while it waits
    finished_at       TIMESTAMPTZ NOT NULL, -- the year 1 before its end
    results           JSONB NOT NULL,
    breaks_found      INT8 NOT NULL,
    breaks_closed     INT8 NOT NULL,
    breaks_open       INT8 NOT NULL
);
