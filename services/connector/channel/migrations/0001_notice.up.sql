-- What the portals were told, for ever: a repeat finds it. A withdrawal of what was never seen leaves a row too: the notice that comes
-- after it is refused. order_id tells another order under a known key; times_sent counts arrivals of the notice.
CREATE TABLE IF NOT EXISTS notice (
	notice_key TEXT NOT NULL PRIMARY KEY,
	order_id   TEXT NOT NULL,
	channel    TEXT NOT NULL,
	withdrawn  BOOL NOT NULL,
	reference  TEXT NOT NULL,
	told_at    TIMESTAMPTZ NOT NULL,
	times_sent INT8 NOT NULL CHECK (times_sent >= 0)
);
