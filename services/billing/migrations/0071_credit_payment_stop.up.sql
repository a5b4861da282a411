-- A capture was declined, and nobody has lifted the stop since.
ALTER TABLE credit ADD COLUMN IF NOT EXISTS payment_stop BOOL NOT NULL DEFAULT false;
