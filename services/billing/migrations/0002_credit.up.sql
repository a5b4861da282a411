-- What an account owes and may owe: exposure = receivable − open credits − unapplied cash + not invoiced + open orders. Events are told by
-- account, and an account has one legal entity and one currency, so event_sequence stands here.
CREATE TABLE IF NOT EXISTS credit (
    account_id         TEXT NOT NULL REFERENCES account (account_id),
    legal_entity       TEXT NOT NULL,
    currency_code      TEXT NOT NULL,
    receivable_minor   INT8 NOT NULL CHECK (receivable_minor >= 0), -- Σ balance due of its invoices
    open_credit_minor  INT8 NOT NULL DEFAULT 0 CHECK (open_credit_minor >= 0), -- Σ what of its credit memos is not applied
    unapplied_cash_minor INT8 NOT NULL DEFAULT 0 CHECK (unapplied_cash_minor >= 0), -- Σ what of its payments is not applied
    not_invoiced_minor INT8 NOT NULL CHECK (not_invoiced_minor >= 0),
    open_orders_minor  INT8 NOT NULL CHECK (open_orders_minor >= 0),
    version            INT8 NOT NULL,
    event_sequence     INT8 NOT NULL,
    PRIMARY KEY (account_id, legal_entity, currency_code)
);
