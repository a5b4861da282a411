-- What customers get back. The amounts of lines that credit an invoice are fixed when the memo is drafted, and taken off the
-- invoice's lines then; those without reference wait for their tax.
CREATE TABLE IF NOT EXISTS credit_memo (
    credit_memo_id     UUID NOT NULL PRIMARY KEY,
    return_id          UUID NOT NULL, -- all zeros where there is none, as of the order
    order_id           UUID NOT NULL,
    partner_id         TEXT NOT NULL,
    account_id         TEXT NOT NULL, -- to whom it is owed: the bill-to
    sold_to_account_id TEXT NOT NULL, -- who ordered
    legal_entity       TEXT NOT NULL,
    currency_code      TEXT NOT NULL,
    rounding           TEXT NOT NULL,
    tax_mode           TEXT NOT NULL,
    tax_jurisdiction   TEXT NOT NULL, -- of the lines without reference
    state              TEXT NOT NULL CHECK (state IN ('PENDING', 'ISSUED')),
    line_count         INT8 NOT NULL CHECK (line_count > 0),
    net_minor          INT8 NOT NULL CHECK (net_minor >= 0), -- before fees
    fee_minor          INT8 NOT NULL CHECK (fee_minor BETWEEN 0 AND net_minor),
    tax_minor          INT8 NOT NULL CHECK (tax_minor >= 0),
    applied_minor      INT8 NOT NULL DEFAULT 0 CHECK (applied_minor BETWEEN 0 AND net_minor - fee_minor + tax_minor),
    reason             TEXT NOT NULL,
    event_sequence     INT8 NOT NULL,
    number             INT8, -- gapless per legal entity; NULL before it is issued
    document_number    TEXT NOT NULL DEFAULT '', -- as it stands on the paper
    base_currency_code TEXT NOT NULL DEFAULT '', -- the legal entity's; empty before it is issued
    exchange_rate      TEXT NOT NULL DEFAULT '', -- one unit of the memo's currency in the base currency, fixed at issue
    base_net_minor     INT8 NOT NULL DEFAULT 0, -- less fees
    base_tax_minor     INT8 NOT NULL DEFAULT 0,
    issued_at          TIMESTAMPTZ,
    journal_id         UUID,
    CHECK ((state = 'ISSUED') = (number IS NOT NULL AND issued_at IS NOT NULL AND journal_id IS NOT NULL)),
    CHECK (state = 'ISSUED' OR applied_minor = 0),
    UNIQUE (legal_entity, number)
);
