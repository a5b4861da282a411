-- What was gained, or lost where it is below zero, because it was settled at other rates than its own, in the base currency.
ALTER TABLE invoice ADD COLUMN IF NOT EXISTS exchange_gain_minor INT8 NOT NULL DEFAULT 0;
