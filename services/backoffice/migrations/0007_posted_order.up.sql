CREATE INDEX IF NOT EXISTS posted_order ON posted (order_id, document_id);
