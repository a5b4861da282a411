-- How much of an item a channel may have reserved at one time. reserved is the sum of what remains of the channel's claims
-- in places: every transaction that changes such a claim changes it too. It is more than the quota where the quota was
-- lowered.
CREATE TABLE IF NOT EXISTS channel_quota (
    sku      TEXT NOT NULL,
    channel  TEXT NOT NULL CHECK (channel <> ''),
    quantity INT8 NOT NULL CHECK (quantity >= 0),
    reserved INT8 NOT NULL CHECK (reserved >= 0),
    PRIMARY KEY (sku, channel)
);
