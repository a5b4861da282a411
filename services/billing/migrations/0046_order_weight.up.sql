-- By what the rest of an order is weighed: the terms of its account when it was claimed.
ALTER TABLE order_snapshot ADD COLUMN IF NOT EXISTS backorder_weight_bp INT8 NOT NULL DEFAULT 10000;
ALTER TABLE order_snapshot_before ADD COLUMN IF NOT EXISTS backorder_weight_bp INT8 NOT NULL DEFAULT 10000;
