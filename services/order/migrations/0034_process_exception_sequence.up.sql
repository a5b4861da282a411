-- Counts the events of an exception: of order.exception.opened and .resolved the newest.
ALTER TABLE process_exception ADD COLUMN IF NOT EXISTS sequence INT8 NOT NULL DEFAULT 0;
