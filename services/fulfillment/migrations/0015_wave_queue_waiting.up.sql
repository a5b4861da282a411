CREATE INDEX IF NOT EXISTS wave_queue_waiting ON wave_queue (wave_id, node_id, created_at, fulfillment_id);
