-- Σ what of its authorised payments is neither captured nor given up.
ALTER TABLE credit ADD COLUMN IF NOT EXISTS secured_minor INT8 NOT NULL DEFAULT 0 CHECK (secured_minor >= 0);
