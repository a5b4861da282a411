CREATE TABLE IF NOT EXISTS account (
    account_id       TEXT NOT NULL PRIMARY KEY,
    legal_entity     TEXT NOT NULL,
    currency_code    TEXT NOT NULL,
    payment_days     INT8 NOT NULL,
    tax_jurisdiction TEXT NOT NULL,
    price_lists      JSONB NOT NULL, -- ["CONTRACT-7"], the most specific first
    inactive         BOOL NOT NULL,
    rounding         TEXT NOT NULL,
    priority         INT8 NOT NULL,
    version          INT8 NOT NULL
);
