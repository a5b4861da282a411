-- Whether it was told to who keeps a copy of our books: those of before were not.
ALTER TABLE write_off ADD COLUMN IF NOT EXISTS told BOOL NOT NULL DEFAULT false;
