CREATE INDEX IF NOT EXISTS customer_return_by_order ON customer_return (order_id, return_id);
