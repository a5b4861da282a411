-- Orders at places with waves that were not handed over. wave_id is the zero id until a wave takes them.
CREATE TABLE IF NOT EXISTS wave_queue (
	fulfillment_id UUID NOT NULL PRIMARY KEY,
	node_id        TEXT NOT NULL,
	wave_id        UUID NOT NULL,
	line_count     INT8 NOT NULL,
	ship_by        TEXT NOT NULL,
	carrier        TEXT NOT NULL,
	service_level  TEXT NOT NULL,
	created_at     TIMESTAMPTZ NOT NULL
);
