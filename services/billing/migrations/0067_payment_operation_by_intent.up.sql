CREATE INDEX IF NOT EXISTS payment_operation_by_intent ON payment_operation (intent_id);
