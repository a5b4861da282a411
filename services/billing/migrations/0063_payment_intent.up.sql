-- What is to be paid by a payment provider: one row for each key under which an order asked for it, and for each that was
-- voided before it came. Captured and voided never exceed the amount, refunded never what is captured.
CREATE TABLE IF NOT EXISTS payment_intent (
    intent_id      UUID NOT NULL PRIMARY KEY,
    intent_key     TEXT NOT NULL UNIQUE, -- the order's key, and the provider's
    order_id       UUID NOT NULL, -- nil where it was voided before it came, as is all that follows
    account_id     TEXT NOT NULL,
    legal_entity   TEXT NOT NULL,
    currency_code  TEXT NOT NULL,
    provider       TEXT NOT NULL,
    token          TEXT NOT NULL,
    amount_minor   INT8 NOT NULL CHECK (amount_minor >= 0),
    captured_minor INT8 NOT NULL CHECK (captured_minor >= 0),
    voided_minor   INT8 NOT NULL CHECK (voided_minor >= 0 AND captured_minor + voided_minor <= amount_minor),
    refunded_minor INT8 NOT NULL CHECK (refunded_minor BETWEEN 0 AND captured_minor),
    state          TEXT NOT NULL CHECK (state IN ('CREATED', 'AUTHORIZED', 'DECLINED', 'VOIDED', 'UNKNOWN', 'CAPTURED',
                                                  'PARTIALLY_REFUNDED', 'REFUNDED')),
    void_requested BOOL NOT NULL, -- it does not count any more, and is given up once what is shipped is captured
    decline_code   TEXT NOT NULL,
    provider_ref   TEXT NOT NULL,
    event_sequence INT8 NOT NULL,
    created_at     TIMESTAMPTZ NOT NULL
);
