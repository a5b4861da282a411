-- What warehouses have reported of the orders that they were given: counters from the beginning, merged by maximum. One
-- row for all lines of an order to a warehouse, since nobody looks for a single line.
CREATE TABLE IF NOT EXISTS handling (
    order_id       TEXT NOT NULL,
    fulfillment_id TEXT NOT NULL,
    node_id        TEXT NOT NULL,
    -- [[line, requested, picked, shorted, cancelled, shipped], …] in the order of the lines; shipped counts the
    -- shipments that were posted here
    lines          JSONB NOT NULL,
    PRIMARY KEY (order_id, fulfillment_id)
) WITH (fillfactor = 70);
