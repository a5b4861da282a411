-- The places that exist, active or not: goods may come to either.
CREATE TABLE IF NOT EXISTS known_node (
	node_id TEXT NOT NULL PRIMARY KEY
);
