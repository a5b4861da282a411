-- The soft reservations that hold something, by item: a row each, so that those that are due are found with the item's stock.
CREATE TABLE IF NOT EXISTS soft (
    sku            TEXT NOT NULL,
    expires_at     TIMESTAMPTZ NOT NULL,
    reservation_id UUID NOT NULL,
    PRIMARY KEY (sku, expires_at, reservation_id)
);
