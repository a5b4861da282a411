-- Goods that come in. The business key is the supplier and its number, or the place and its document of what came
-- unannounced. The lines with their counters by document are one document: a report changes most of them at once.
CREATE TABLE IF NOT EXISTS receipt (
	receipt_id     UUID NOT NULL PRIMARY KEY,
	business_key   TEXT NOT NULL UNIQUE,
	supplier_id    TEXT NOT NULL,
	asn_number     TEXT NOT NULL,
	purchase_order TEXT NOT NULL,
	node_id        TEXT NOT NULL,
	state          TEXT NOT NULL CHECK (state IN ('EXPECTED', 'RECEIVING', 'CLOSED', 'CANCELLED')),
	announced      BOOL NOT NULL,
	lines          JSONB NOT NULL,
	expected_at    TIMESTAMPTZ NOT NULL, -- the year 1: not known
	event_sequence INT8 NOT NULL,
	created_at     TIMESTAMPTZ NOT NULL,
	updated_at     TIMESTAMPTZ NOT NULL
);
