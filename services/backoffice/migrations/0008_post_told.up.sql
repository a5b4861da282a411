-- How many events told of it: the sequence of the last one. It goes with it when it is posted.
ALTER TABLE post ADD COLUMN IF NOT EXISTS told INT8 NOT NULL DEFAULT 0;
