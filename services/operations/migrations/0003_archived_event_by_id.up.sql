CREATE INDEX IF NOT EXISTS archived_event_by_id ON archived_event (event_id);
