-- Claims by key, for ever: granted, refused, and keys that were undone before they came. The outcome never changes; open
-- is what of a granted claim counts in the open orders now.
CREATE TABLE IF NOT EXISTS credit_claim (
    claim_key       TEXT NOT NULL PRIMARY KEY,
    claim_id        UUID NOT NULL,
    order_id        UUID NOT NULL,
    account_id      TEXT NOT NULL, -- empty where the key was undone before it came
    outcome         TEXT NOT NULL CHECK (outcome IN ('GRANTED', 'REFUSED', 'UNDONE')),
    reason          TEXT NOT NULL,
    message         TEXT NOT NULL,
    requested_minor INT8 NOT NULL,
    exposure_minor  INT8 NOT NULL,
    limit_minor     INT8 NOT NULL,
    replaced_key    TEXT NOT NULL DEFAULT '', -- the claim of an earlier revision, which counts again when this one is undone
    active          BOOL NOT NULL,
    open_minor      INT8 NOT NULL CHECK (open_minor >= 0 AND (active OR open_minor = 0))
);
