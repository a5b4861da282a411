-- Captures and refunds of what providers have authorised. The id, as it stands on the wire, is the key at the provider, and the
-- id of the payment that a capture becomes.
CREATE TABLE IF NOT EXISTS payment_operation (
    operation_id   UUID NOT NULL PRIMARY KEY,
    intent_id      UUID NOT NULL REFERENCES payment_intent (intent_id),
    kind           TEXT NOT NULL CHECK (kind IN ('CAPTURE', 'REFUND')),
    target_id      UUID NOT NULL, -- of a capture the invoice, of a refund the capture
    credit_memo_id UUID NOT NULL, -- of a refund; nil
    amount_minor   INT8 NOT NULL CHECK (amount_minor >= 0), -- of a capture 0 until it is sent
    state          TEXT NOT NULL CHECK (state IN ('WAITING', 'SENT', 'DONE', 'DECLINED', 'DROPPED')),
    decline_code   TEXT NOT NULL,
    journal_id     UUID NOT NULL, -- of a refund that is done; nil
    done_at        TIMESTAMPTZ
);
