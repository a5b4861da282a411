CREATE INDEX IF NOT EXISTS customer_return_lapses ON customer_return (shard, lapses_on);
