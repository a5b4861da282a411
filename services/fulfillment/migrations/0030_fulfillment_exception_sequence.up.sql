-- Counts the events of an exception: of fulfillment.exception.opened and .resolved the newest.
ALTER TABLE fulfillment_exception ADD COLUMN IF NOT EXISTS sequence INT8 NOT NULL DEFAULT 0;
