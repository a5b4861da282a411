-- Who has a promise on this stock: asked only when promises must be revoked.
CREATE INDEX IF NOT EXISTS claim_stock ON claim (sku, node_id);
