CREATE INDEX IF NOT EXISTS reservation_order ON reservation (order_id);
