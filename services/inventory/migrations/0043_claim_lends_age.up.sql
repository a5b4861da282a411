-- Something of it was given back for which stock is looked for anew later; that is as old then.
ALTER TABLE claim ADD COLUMN IF NOT EXISTS lends_age BOOL NOT NULL DEFAULT false;
