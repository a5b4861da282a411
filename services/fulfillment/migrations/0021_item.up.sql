-- The copy of the items: what receiving needs of them. Spelling, kind, unit, scale and lots never change.
CREATE TABLE IF NOT EXISTS item (
	sku_key     TEXT NOT NULL PRIMARY KEY, -- lower(sku): two codes that differ only by case are one item
	sku         TEXT NOT NULL,
	scale       INT8 NOT NULL CHECK (scale BETWEEN 0 AND 6),
	base_unit   TEXT NOT NULL,
	service     BOOL NOT NULL,
	lot_tracked BOOL NOT NULL,
	version     INT8 NOT NULL CHECK (version >= 1)
);
