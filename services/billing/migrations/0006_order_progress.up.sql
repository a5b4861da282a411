-- How far an order has come. Its first shipment or release makes the row; the claim makes none.
CREATE TABLE IF NOT EXISTS order_progress (
    order_id UUID NOT NULL PRIMARY KEY,
    lines    JSONB NOT NULL, -- [{"line": 1, "shipped": 5, "net": 1234, "released": 0}]: base quantities, minor units
    charges  JSONB NOT NULL DEFAULT '[]'::jsonb -- what is invoiced of each charge of the order, in its order: [150, -30]
);
