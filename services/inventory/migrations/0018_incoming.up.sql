-- Supply on its way to a place, from transfers and from suppliers' receipts. What is still to come of a row is
-- greatest(expected - received, 0) while it is open.
CREATE TABLE IF NOT EXISTS incoming (
    sku         TEXT NOT NULL,
    node_id     TEXT NOT NULL,
    source      TEXT NOT NULL, -- RECEIPT or TRANSFER
    document    TEXT NOT NULL, -- its id, as on the wire
    line        INT8 NOT NULL,
    expected    INT8 NOT NULL CHECK (expected >= 0),
    received    INT8 NOT NULL CHECK (received >= 0),
    expected_at TIMESTAMPTZ, -- NULL: not known
    open        BOOL NOT NULL,
    PRIMARY KEY (sku, node_id, source, document, line)
);
