-- How far the masters of the ERP are read: one row. generation counts how often it began; a page that was fetched before is not stored.
CREATE TABLE IF NOT EXISTS master_feed (
    feed          TEXT NOT NULL PRIMARY KEY, -- 'erp'
    cursor        BYTEA NOT NULL, -- the ERP's, from the last page; empty: from the beginning
    generation    INT8 NOT NULL CHECK (generation >= 1),
    behind        BOOL NOT NULL, -- the last page said that there is more
    as_of         TIMESTAMPTZ, -- by the ERP's clock
    current_at    TIMESTAMPTZ, -- when it was last read to its end, by ours
    read_at       TIMESTAMPTZ, -- when a page was last stored
    taken         INT8 NOT NULL,
    problem       TEXT NOT NULL, -- '': none
    problem_since TIMESTAMPTZ,
    started_at    TIMESTAMPTZ NOT NULL
);
