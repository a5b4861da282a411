CREATE INDEX IF NOT EXISTS payment_operation_by_target ON payment_operation (target_id);
