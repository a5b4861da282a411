-- How many events told of it until it was posted.
ALTER TABLE posted ADD COLUMN IF NOT EXISTS told INT8 NOT NULL DEFAULT 0;
