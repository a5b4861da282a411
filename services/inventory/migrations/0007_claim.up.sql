-- The parts of a reservation: one row per line and place, and one with an empty place for what has ever waited, of which
-- "consumed" means that stock was found.
CREATE TABLE IF NOT EXISTS claim (
    reservation_id UUID NOT NULL,
    line_number    INT8 NOT NULL,
    node_id        TEXT NOT NULL,
    sku            TEXT NOT NULL,
    quantity       INT8 NOT NULL,
    remaining      INT8 NOT NULL CHECK (remaining >= 0),
    consumed       INT8 NOT NULL CHECK (consumed >= 0),
    given_back     INT8 NOT NULL CHECK (given_back >= 0),
    picked         INT8 NOT NULL CHECK (picked >= 0),
    held           INT8 NOT NULL CHECK (held >= 0), -- of given_back: was short, and its stock is in quality hold
    PRIMARY KEY (reservation_id, line_number, node_id),
    CONSTRAINT claim_resolved CHECK (quantity = remaining + consumed + given_back),
    CHECK (picked <= remaining),
    CHECK (held <= given_back)
) WITH (fillfactor = 70);
