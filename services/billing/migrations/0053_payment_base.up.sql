-- What a payment is in the base currency of its legal entity, as posted; no currency: recorded before that was kept.
ALTER TABLE payment ADD COLUMN IF NOT EXISTS base_currency_code TEXT NOT NULL DEFAULT '';
ALTER TABLE payment ADD COLUMN IF NOT EXISTS base_minor INT8 NOT NULL DEFAULT 0;
