CREATE INDEX IF NOT EXISTS post_order ON post (order_id, position);
