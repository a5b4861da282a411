-- Invoices, one per shipment. Prices, texts and addresses stand in the order's snapshot. What is still owed is
-- net + tax − applied cash − applied credit − written off; settled_by is set when that has become zero, and says by what.
CREATE TABLE IF NOT EXISTS invoice (
    invoice_id         UUID NOT NULL PRIMARY KEY,
    shipment_id        UUID NOT NULL UNIQUE,
    order_id           UUID NOT NULL,
    partner_id         TEXT NOT NULL,
    account_id         TEXT NOT NULL, -- who owes it: the bill-to
    sold_to_account_id TEXT NOT NULL, -- who ordered
    legal_entity       TEXT NOT NULL,
    currency_code      TEXT NOT NULL,
    state              TEXT NOT NULL CHECK (state IN ('TAX_PENDING', 'ISSUED')),
    line_count         INT8 NOT NULL CHECK (line_count > 0),
    net_minor          INT8 NOT NULL,
    tax_minor          INT8 NOT NULL,
    open_orders_minor  INT8 NOT NULL, -- what it takes off the open orders of the account
    not_invoiced_minor INT8 NOT NULL, -- what it weighs instead until it is issued
    counted            BOOL NOT NULL, -- the credit row has it so; else it still counts as open order there
    event_sequence     INT8 NOT NULL,
    number             INT8, -- gapless per legal entity; NULL before it is issued
    document_number    TEXT NOT NULL DEFAULT '', -- as it stands on the paper
    base_currency_code TEXT NOT NULL DEFAULT '', -- the legal entity's; empty before it is issued
    exchange_rate      TEXT NOT NULL DEFAULT '', -- one unit of the invoice's currency in the base currency, fixed at issue
    base_net_minor     INT8 NOT NULL DEFAULT 0,
    base_tax_minor     INT8 NOT NULL DEFAULT 0,
    applied_cash_minor   INT8 NOT NULL DEFAULT 0 CHECK (applied_cash_minor >= 0),
    applied_credit_minor INT8 NOT NULL DEFAULT 0 CHECK (applied_credit_minor >= 0),
    written_off_minor    INT8 NOT NULL DEFAULT 0 CHECK (written_off_minor >= 0),
    settled_by         TEXT NOT NULL DEFAULT '' CHECK (settled_by IN ('', 'PAID', 'CREDITED', 'WRITTEN_OFF')),
    disputed           BOOL NOT NULL DEFAULT false, -- owed, but not past due
    dispute_reason     TEXT NOT NULL DEFAULT '',
    overdue_told       BOOL NOT NULL DEFAULT false, -- that it is past due was told
    issued_at          TIMESTAMPTZ,
    due_date           DATE,
    journal_id         UUID,
    CHECK ((state = 'ISSUED') = (number IS NOT NULL AND issued_at IS NOT NULL AND due_date IS NOT NULL AND journal_id IS NOT NULL)),
    CHECK (net_minor + tax_minor >= applied_cash_minor + applied_credit_minor + written_off_minor),
    CHECK ((settled_by <> '') = (state = 'ISSUED' AND net_minor + tax_minor = applied_cash_minor + applied_credit_minor + written_off_minor)),
    UNIQUE (legal_entity, number)
);
