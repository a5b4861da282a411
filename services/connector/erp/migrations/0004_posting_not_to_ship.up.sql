-- Of an order's closure, what it says will not be shipped, all lines added up. 0 of other documents.
ALTER TABLE posting ADD COLUMN IF NOT EXISTS not_to_ship INT8 NOT NULL DEFAULT 0;
