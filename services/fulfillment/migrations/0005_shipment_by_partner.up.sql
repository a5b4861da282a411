CREATE INDEX IF NOT EXISTS shipment_by_partner ON shipment (partner_id, shipment_id);
