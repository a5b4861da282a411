-- Which revision of an order its snapshot is.
ALTER TABLE sales_order ADD COLUMN IF NOT EXISTS revision INT8 NOT NULL DEFAULT 0;
