CREATE INDEX IF NOT EXISTS receipt_by_supplier ON receipt (supplier_id, receipt_id);
