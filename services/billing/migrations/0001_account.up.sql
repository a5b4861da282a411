-- The copy of an account's terms, fed by masterdata.account.changed. Legal entity and currency never change.
CREATE TABLE IF NOT EXISTS account (
    account_id         TEXT NOT NULL PRIMARY KEY,
    legal_entity       TEXT NOT NULL,
    currency_code      TEXT NOT NULL,
    credit_limit_minor INT8 NOT NULL CHECK (credit_limit_minor >= 0),
    unlimited_credit   BOOL NOT NULL,
    credit_stop        BOOL NOT NULL,
    rounding           TEXT NOT NULL DEFAULT '', -- of credit memos without reference; empty: the legal entity's
    tax_jurisdiction   TEXT NOT NULL DEFAULT '', -- of credit memos without reference; empty: the legal entity's
    bill_to_account_id TEXT NOT NULL DEFAULT '', -- who owes; empty: the account itself
    estimated_tax_rate INT8 NOT NULL CHECK (estimated_tax_rate >= 0), -- millionths: 200000 is 20 %
    max_days_past_due  INT8 NOT NULL DEFAULT 0 CHECK (max_days_past_due >= 0), -- 0: not checked
    version            INT8 NOT NULL, -- masterdata's
    as_of              TIMESTAMPTZ NOT NULL
);
