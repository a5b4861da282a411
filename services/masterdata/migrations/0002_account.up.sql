CREATE TABLE IF NOT EXISTS account (
    account_id             TEXT NOT NULL PRIMARY KEY,
    name                   TEXT NOT NULL,
    legal_entity           TEXT NOT NULL,
    currency_code          TEXT NOT NULL,
    credit_limit_minor     INT8 NOT NULL CHECK (credit_limit_minor >= 0),
    unlimited_credit       BOOL NOT NULL,
    credit_stop            BOOL NOT NULL,
    payment_days           INT8 NOT NULL CHECK (payment_days >= 0),
    tax_jurisdiction       TEXT NOT NULL,
    estimated_tax_rate     TEXT NOT NULL,
    price_lists            JSONB NOT NULL, -- ["CONTRACT-7"], the most specific first
    inactive               BOOL NOT NULL,
    rounding               TEXT NOT NULL CHECK (rounding IN ('', 'HALF_UP', 'HALF_EVEN')), -- '': the legal entity's
    priority               INT8 NOT NULL,
    bill_to_account_id     TEXT NOT NULL, -- '': itself
    ship_tos               JSONB NOT NULL, -- ordered by code
    price_difference       TEXT NOT NULL CHECK (price_difference IN ('REFUSE', 'HOLD')),
    price_tolerance_bp     INT8 NOT NULL CHECK (price_tolerance_bp BETWEEN 0 AND 10000),
    over_ship_tolerance_bp INT8 NOT NULL CHECK (over_ship_tolerance_bp BETWEEN 0 AND 10000),
    max_days_past_due      INT8 NOT NULL CHECK (max_days_past_due >= 0), -- 0: not checked
    backorder_weight_bp    INT8 NOT NULL CHECK (backorder_weight_bp BETWEEN 0 AND 10000),
    credit_checkpoint      TEXT NOT NULL CHECK (credit_checkpoint IN ('ACCEPT', 'RELEASE', 'BOTH')),
    partner_ids            JSONB NOT NULL, -- ["ACME"]: who may read it, in order
    version                INT8 NOT NULL CHECK (version >= 1),
    updated_at             TIMESTAMPTZ NOT NULL
);

CREATE INDEX IF NOT EXISTS account_by_bill_to ON account (bill_to_account_id, account_id);
