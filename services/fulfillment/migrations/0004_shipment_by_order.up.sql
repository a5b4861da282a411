CREATE INDEX IF NOT EXISTS shipment_by_order ON shipment (order_id, shipment_id);
