CREATE INDEX IF NOT EXISTS write_off_journal ON write_off (journal_id);
