-- How many orders of the account are blocked.
ALTER TABLE credit ADD COLUMN IF NOT EXISTS blocked_orders INT8 NOT NULL DEFAULT 0;
