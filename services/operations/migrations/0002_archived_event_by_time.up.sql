CREATE INDEX IF NOT EXISTS archived_event_by_time ON archived_event (recorded_at, event_id);
