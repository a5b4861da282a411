-- The places that exist, active or not: goods may come to either. wave_picking: orders to it wait for a wave.
CREATE TABLE IF NOT EXISTS known_node (
	node_id      TEXT NOT NULL PRIMARY KEY,
	wave_picking BOOL NOT NULL,
	version      INT8 NOT NULL
);
