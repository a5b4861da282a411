-- What the newest applied snapshot of the system says is there. -1: not known, of rows from before and where none was applied.
ALTER TABLE snapshot_position ADD COLUMN IF NOT EXISTS quantity INT8 NOT NULL DEFAULT -1;
