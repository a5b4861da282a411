ALTER TABLE journal_entry ADD CONSTRAINT journal_entry_one_side CHECK (debit_minor = 0 OR credit_minor = 0);
