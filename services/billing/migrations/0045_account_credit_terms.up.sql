-- How much a backordered unit weighs, in parts per ten thousand, and when the credit is checked.
ALTER TABLE account ADD COLUMN IF NOT EXISTS backorder_weight_bp INT8 NOT NULL DEFAULT 10000;
ALTER TABLE account ADD COLUMN IF NOT EXISTS credit_checkpoint TEXT NOT NULL DEFAULT 'ACCEPT';
