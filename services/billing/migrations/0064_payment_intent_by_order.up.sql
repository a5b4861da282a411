CREATE INDEX IF NOT EXISTS payment_intent_by_order ON payment_intent (order_id);
