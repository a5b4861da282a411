CREATE TABLE IF NOT EXISTS account (
    account_id         TEXT NOT NULL PRIMARY KEY,
    name               TEXT NOT NULL,
    legal_entity       TEXT NOT NULL,
    currency_code      TEXT NOT NULL,
    credit_limit_minor INT8 NOT NULL CHECK (credit_limit_minor >= 0),
    unlimited_credit   BOOL NOT NULL,
    credit_stop        BOOL NOT NULL,
    payment_days       INT8 NOT NULL CHECK (payment_days >= 0),
    tax_jurisdiction   TEXT NOT NULL,
    estimated_tax_rate TEXT NOT NULL,
    price_lists        JSONB NOT NULL, -- ["CONTRACT-7"], the most specific first
    inactive           BOOL NOT NULL,
    rounding           TEXT NOT NULL CHECK (rounding IN ('HALF_UP', 'HALF_EVEN')),
    priority           INT8 NOT NULL,
    version            INT8 NOT NULL CHECK (version >= 1),
    updated_at         TIMESTAMPTZ NOT NULL
);
