-- Whether stock of the item is kept by lot. Never changes.
ALTER TABLE item ADD COLUMN IF NOT EXISTS lot_tracked BOOL NOT NULL DEFAULT false;
