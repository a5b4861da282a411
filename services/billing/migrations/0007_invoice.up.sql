-- Invoices, one per shipment. Prices, texts and addresses stand in the order's snapshot.
CREATE TABLE IF NOT EXISTS invoice (
    invoice_id         UUID NOT NULL PRIMARY KEY,
    shipment_id        UUID NOT NULL UNIQUE,
    order_id           UUID NOT NULL,
    partner_id         TEXT NOT NULL,
    account_id         TEXT NOT NULL,
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
    issued_at          TIMESTAMPTZ,
    due_date           DATE,
    journal_id         UUID,
    CHECK ((state = 'ISSUED') = (number IS NOT NULL AND issued_at IS NOT NULL AND due_date IS NOT NULL AND journal_id IS NOT NULL)),
    UNIQUE (legal_entity, number)
);
