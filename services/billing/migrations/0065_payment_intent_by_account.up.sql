CREATE INDEX IF NOT EXISTS payment_intent_by_account ON payment_intent (account_id, intent_id);
