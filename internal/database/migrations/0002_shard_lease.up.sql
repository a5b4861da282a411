-- Who drains which shard. A row changes only when a shard is taken over or given back, so that fencing checks, which
-- read it in every drain's transaction, conflict with nothing else.
CREATE TABLE IF NOT EXISTS shard_lease (
	grp    TEXT NOT NULL,
	shard  INT8 NOT NULL,
	epoch  INT8 NOT NULL,
	holder TEXT NOT NULL,
	PRIMARY KEY (grp, shard)
);
