CREATE INDEX IF NOT EXISTS credit_memo_by_partner ON credit_memo (partner_id, credit_memo_id);
