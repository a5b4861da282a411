-- Invoices that wait for their tax: the queue of the drain. A row goes when its invoice is issued.
CREATE TABLE IF NOT EXISTS invoice_pending (
    shard      INT8 NOT NULL,
    invoice_id UUID NOT NULL,
    due_at     TIMESTAMPTZ NOT NULL,
    reason     TEXT NOT NULL, -- why the tax was not there when it was last asked for; empty: not asked yet
    attempts   INT8 NOT NULL,
    PRIMARY KEY (shard, invoice_id)
);
