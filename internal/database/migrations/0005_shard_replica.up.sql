-- The replicas that are alive, each until expires_at on the database's clock. A replica that is past it holds nothing,
-- whatever shard_lease says.
CREATE TABLE IF NOT EXISTS shard_replica (
	grp        TEXT NOT NULL,
	replica    TEXT NOT NULL,
	expires_at TIMESTAMPTZ NOT NULL,
	PRIMARY KEY (grp, replica)
);
