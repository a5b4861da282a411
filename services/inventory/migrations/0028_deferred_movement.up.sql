-- The posting that is kept aside. Counted: it is the difference that a count found.
ALTER TABLE deferred_fact
    ADD COLUMN IF NOT EXISTS from_bucket TEXT NOT NULL DEFAULT 'SELLABLE',
    ADD COLUMN IF NOT EXISTS to_bucket TEXT NOT NULL DEFAULT 'CUSTOMER',
    ADD COLUMN IF NOT EXISTS lot TEXT NOT NULL DEFAULT '',
    ADD COLUMN IF NOT EXISTS reason TEXT NOT NULL DEFAULT 'SHIPMENT',
    ADD COLUMN IF NOT EXISTS counted BOOL NOT NULL DEFAULT false;
