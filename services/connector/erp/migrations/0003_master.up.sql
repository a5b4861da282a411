-- Items, customers and prices as people keep them in the ERP. position is the order of change: the feed's cursor.
CREATE TABLE IF NOT EXISTS master (
	kind       TEXT NOT NULL CHECK (kind IN ('ACCOUNT', 'ITEM', 'PRICE')),
	master_key TEXT NOT NULL,
	content    BYTEA NOT NULL,
	position   INT8 NOT NULL CHECK (position >= 1),
	changed_at TIMESTAMPTZ NOT NULL,
	PRIMARY KEY (kind, master_key)
);
CREATE UNIQUE INDEX IF NOT EXISTS master_by_position ON master (position);
