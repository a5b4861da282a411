CREATE INDEX IF NOT EXISTS post_head ON post (shard, state, enqueued_at);
