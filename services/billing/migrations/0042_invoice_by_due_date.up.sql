-- What of an account is owed, the longest due first: for the age of its debts, at claims too.
CREATE INDEX IF NOT EXISTS invoice_by_due_date ON invoice (account_id, settled_by, due_date);
