-- Orders that were received and are not decided: what the ERP is told when they are accepted.
CREATE TABLE IF NOT EXISTS draft (
	order_id TEXT NOT NULL PRIMARY KEY,
	content  BYTEA NOT NULL
);
