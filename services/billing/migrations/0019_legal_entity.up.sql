-- The copy of the companies of ours, fed by masterdata.legal_entity.changed.
CREATE TABLE IF NOT EXISTS legal_entity (
    legal_entity       TEXT NOT NULL PRIMARY KEY,
    base_currency_code TEXT NOT NULL,
    rounding           TEXT NOT NULL,
    tax_mode           TEXT NOT NULL,
    tax_jurisdiction   TEXT NOT NULL,
    invoice_prefix     TEXT NOT NULL,
    credit_memo_prefix TEXT NOT NULL,
    version            INT8 NOT NULL -- masterdata's
);
