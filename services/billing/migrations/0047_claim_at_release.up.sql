-- Whether the credit is to be cleared before something of the order goes to a warehouse.
ALTER TABLE credit_claim ADD COLUMN IF NOT EXISTS at_release BOOL NOT NULL DEFAULT false;
