CREATE TABLE IF NOT EXISTS node (
    node_id             TEXT NOT NULL PRIMARY KEY,
    name                TEXT NOT NULL,
    priority            INT8 NOT NULL,
    inactive            BOOL NOT NULL,
    time_zone           TEXT NOT NULL, -- an IANA name
    closed_weekdays     JSONB NOT NULL, -- [6, 7]: 1 is Monday
    holidays            JSONB NOT NULL, -- ["2026-12-25"]
    cut_off             TEXT NOT NULL, -- 'HH:MM' local time; '': none
    daily_line_capacity INT8 NOT NULL CHECK (daily_line_capacity >= 0), -- 0: no limit
    transit_times       JSONB NOT NULL, -- ordered by country and region
    wave_picking        BOOL NOT NULL,
    address             JSONB NOT NULL, -- {} where none is known
    version             INT8 NOT NULL CHECK (version >= 1),
    updated_at          TIMESTAMPTZ NOT NULL
);
