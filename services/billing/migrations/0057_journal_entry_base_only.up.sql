-- An exchange difference has amounts in the base currency alone.
ALTER TABLE journal_entry DROP CONSTRAINT IF EXISTS journal_entry_check1;
ALTER TABLE journal_entry DROP CONSTRAINT IF EXISTS check_debit_minor_credit_minor;
