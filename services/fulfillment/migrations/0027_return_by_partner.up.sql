CREATE INDEX IF NOT EXISTS customer_return_by_partner ON customer_return (partner_id, return_id);
