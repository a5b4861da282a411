-- The number that an outside system gives to the state of a plan; 0: none was given. It never falls.
ALTER TABLE incoming ADD COLUMN IF NOT EXISTS version INT8 NOT NULL DEFAULT 0;
