-- Of quality_hold: a picker did not find it, and a count decides whether it is there.
ALTER TABLE balance ADD COLUMN IF NOT EXISTS unverified INT8 NOT NULL DEFAULT 0
    CONSTRAINT balance_unverified CHECK (unverified >= 0 AND unverified <= quality_hold);
