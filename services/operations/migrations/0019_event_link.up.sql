-- In which segments events stand that name an order; that name a thing and no order; that tell an order's number ('#PO-7').
-- All of it is made from the events of the segment.
CREATE TABLE IF NOT EXISTS event_link (
    name    TEXT NOT NULL,
    segment INT8 NOT NULL,
    PRIMARY KEY (name, segment)
);
