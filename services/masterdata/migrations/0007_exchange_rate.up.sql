CREATE TABLE IF NOT EXISTS exchange_rate (
    from_currency_code TEXT NOT NULL,
    to_currency_code   TEXT NOT NULL CHECK (to_currency_code <> from_currency_code),
    rate_date          TEXT NOT NULL, -- 'YYYY-MM-DD'
    rate               TEXT NOT NULL, -- a positive decimal with at most ten places
    version            INT8 NOT NULL CHECK (version >= 1), -- the pair's count when this row changed last: its event's sequence
    updated_at         TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (from_currency_code, to_currency_code, rate_date)
);

CREATE INDEX IF NOT EXISTS exchange_rate_by_version ON exchange_rate (from_currency_code, to_currency_code, version);
