-- The newest states of entities that the ERP has told and that were not taken.
CREATE TABLE IF NOT EXISTS master_set_aside (
    kind        TEXT NOT NULL CHECK (kind IN ('', 'ACCOUNT', 'ITEM', 'PRICE')),
    entity_key  TEXT NOT NULL,
    entry_id    TEXT NOT NULL,
    content     BYTEA NOT NULL, -- the entity's message; what cannot be read as it came
    kept_fields JSONB NOT NULL, -- ["units"]: what the ERP keeps of it; []: everything
    state       TEXT NOT NULL CHECK (state IN ('WAITING', 'STUCK')),
    reason      TEXT NOT NULL,
    message     TEXT NOT NULL,
    faults      JSONB NOT NULL,
    waits_for   TEXT NOT NULL, -- what may come and mend it; '': nothing that is known
    since       TIMESTAMPTZ NOT NULL,
    changed_at  TIMESTAMPTZ, -- by the ERP's clock
    tries       INT8 NOT NULL CHECK (tries >= 1),
    next_try_at TIMESTAMPTZ, -- NULL: when something happens
    told        INT8 NOT NULL CHECK (told >= 0), -- how many events told of it: the sequence of the last one
    PRIMARY KEY (kind, entity_key)
);

CREATE UNIQUE INDEX IF NOT EXISTS master_set_aside_by_id ON master_set_aside (entry_id);

CREATE INDEX IF NOT EXISTS master_set_aside_due ON master_set_aside (next_try_at);

CREATE INDEX IF NOT EXISTS master_set_aside_waits ON master_set_aside (waits_for);
