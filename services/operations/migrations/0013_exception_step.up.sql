-- What happened to exceptions. A command stands here before it is carried out, and its outcome after it.
CREATE TABLE IF NOT EXISTS exception_step (
    exception_id UUID NOT NULL REFERENCES exception (exception_id),
    position     INT8 NOT NULL CHECK (position >= 1),
    kind         TEXT NOT NULL CHECK (kind IN ('OPENED', 'ASSIGNED', 'COMMAND', 'RESOLVED')),
    at           TIMESTAMPTZ NOT NULL,
    actor        TEXT NOT NULL, -- '': Waybill
    action       TEXT NOT NULL,
    reason       TEXT NOT NULL,
    outcome      TEXT NOT NULL, -- of a command: '': not known yet
    event_id     TEXT NOT NULL, -- '': a command
    PRIMARY KEY (exception_id, position)
);
