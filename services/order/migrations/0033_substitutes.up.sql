-- What may be sent in place of an item: ["WIDGET-2"], the preferred one first.
ALTER TABLE item ADD COLUMN IF NOT EXISTS substitutes JSONB NOT NULL DEFAULT '[]';
