-- What events tell, each once. Everything here is made from the event alone.
CREATE TABLE IF NOT EXISTS timeline_event (
    event_id        TEXT NOT NULL PRIMARY KEY,
    event_type      TEXT NOT NULL,
    kind            TEXT NOT NULL,
    aggregate       TEXT NOT NULL,
    sequence        INT8 NOT NULL,
    occurred_at     TIMESTAMPTZ NOT NULL,
    recorded_at     TIMESTAMPTZ NOT NULL,
    causation_id    TEXT NOT NULL, -- the event behind it, where its publisher says so; '': not said
    cause_type      TEXT NOT NULL, -- else the type and aggregate of what it follows; '': nothing
    cause_aggregate TEXT NOT NULL,
    actor           TEXT NOT NULL,
    sentence        TEXT NOT NULL,
    for_partners    BOOL NOT NULL
);
