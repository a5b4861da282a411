-- The carrier with which the goods are to go; empty where nobody says.
ALTER TABLE warehouse_order ADD COLUMN IF NOT EXISTS carrier TEXT NOT NULL DEFAULT '';
