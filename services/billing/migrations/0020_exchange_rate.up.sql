-- The copy of the exchange rates, fed by masterdata.exchange_rate.changed: what one unit of a currency is in another from a
-- day on, until the next day that has a rate.
CREATE TABLE IF NOT EXISTS exchange_rate (
    from_currency TEXT NOT NULL,
    to_currency   TEXT NOT NULL,
    day           DATE NOT NULL,
    rate          TEXT NOT NULL, -- a decimal with at most ten places
    version       INT8 NOT NULL, -- masterdata's
    PRIMARY KEY (from_currency, to_currency, day)
);
