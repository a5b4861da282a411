CREATE TABLE IF NOT EXISTS account (
    account_id       TEXT NOT NULL PRIMARY KEY,
    legal_entity     TEXT NOT NULL,
    currency_code    TEXT NOT NULL,
    payment_days     INT8 NOT NULL,
    tax_jurisdiction TEXT NOT NULL,
    price_lists      JSONB NOT NULL, -- ["CONTRACT-7"], the most specific first
    inactive         BOOL NOT NULL,
    rounding         TEXT NOT NULL, -- empty: the legal entity's
    priority         INT8 NOT NULL,
    bill_to          TEXT NOT NULL, -- the account that gets the invoices; empty: this one
    ship_tos         JSONB NOT NULL, -- [{"code": "DC-1", "address": …, "tax_jurisdiction": "GB"}, …]
    price_difference TEXT NOT NULL CHECK (price_difference IN ('REFUSE', 'HOLD')),
    price_tolerance  INT8 NOT NULL, -- in parts per ten thousand
    version          INT8 NOT NULL
);
