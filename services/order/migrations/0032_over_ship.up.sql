-- What of an account's orders may be shipped beyond what was ordered.
ALTER TABLE account ADD COLUMN IF NOT EXISTS over_ship_bp INT8 NOT NULL DEFAULT 0;
