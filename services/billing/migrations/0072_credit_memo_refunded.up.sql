-- What of it a provider pays out, or has; what it has paid out.
ALTER TABLE credit_memo ADD COLUMN IF NOT EXISTS refunded_minor INT8 NOT NULL DEFAULT 0 CHECK (refunded_minor >= 0);
ALTER TABLE credit_memo ADD COLUMN IF NOT EXISTS paid_out_minor INT8 NOT NULL DEFAULT 0 CHECK (paid_out_minor >= 0);
