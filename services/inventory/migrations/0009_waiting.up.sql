-- The queue of demand that waits: a row per claim with an empty place and something remaining, in the order in which it is
-- served: rank is minus the priority, and the reservation's id tells its age.
CREATE TABLE IF NOT EXISTS waiting (
    sku            TEXT NOT NULL,
    rank           INT8 NOT NULL,
    reservation_id UUID NOT NULL,
    line_number    INT8 NOT NULL,
    quantity       INT8 NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (sku, rank, reservation_id, line_number)
);
