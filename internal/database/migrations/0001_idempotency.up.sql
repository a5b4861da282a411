-- What a request id stands for: who used it on which method, a hash of what was asked, and what was answered. A row is
-- written in the transaction of the request's effect, so the effect is there if and only if the row is.
-- The key starts with the request id, which tells nearly all rows apart by itself.
-- There is no index on expires_at: every request would pay for it, and the sweep walks the key anyway.
CREATE TABLE IF NOT EXISTS idempotency (
	principal    TEXT NOT NULL,
	method       TEXT NOT NULL,
	request_id   TEXT NOT NULL,
	request_hash BYTEA NOT NULL,
	response     BYTEA NOT NULL,
	expires_at   TIMESTAMPTZ NOT NULL,
	PRIMARY KEY (request_id, principal, method)
);
