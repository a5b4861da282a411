-- The codes of cartons, so that none is ever used twice.
CREATE TABLE IF NOT EXISTS carton (
	sscc        TEXT NOT NULL PRIMARY KEY,
	shipment_id UUID NOT NULL
);
