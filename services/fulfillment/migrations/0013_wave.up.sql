-- Orders that a warehouse gets together. members are the ids of the orders handed over; while it is planned they stand in
-- wave_queue. released_at is the year 1 until then.
CREATE TABLE IF NOT EXISTS wave (
	wave_id     UUID NOT NULL PRIMARY KEY,
	node_id     TEXT NOT NULL,
	state       TEXT NOT NULL CHECK (state IN ('PLANNED', 'RELEASED')),
	members     JSONB NOT NULL,
	line_count  INT8 NOT NULL,
	created_at  TIMESTAMPTZ NOT NULL,
	released_at TIMESTAMPTZ NOT NULL
);
