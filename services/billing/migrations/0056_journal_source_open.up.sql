-- Sources grow; the names are those of PostgreSQL and of CockroachDB.
ALTER TABLE journal DROP CONSTRAINT IF EXISTS journal_source_check;
ALTER TABLE journal DROP CONSTRAINT IF EXISTS check_source;
