CREATE INDEX IF NOT EXISTS known_order_by_number ON known_order (external_order_id, order_id);
