-- What leaves a warehouse together. Once it has left its lines stay. The ids are UUIDv7: newest last.
CREATE TABLE IF NOT EXISTS shipment (
	shipment_id           UUID NOT NULL PRIMARY KEY,
	fulfillment_id        UUID NOT NULL,
	order_id              TEXT NOT NULL,
	node_id               TEXT NOT NULL,
	partner_id            TEXT NOT NULL,
	warehouse_shipment_id TEXT NOT NULL,
	lines                 JSONB NOT NULL,
	cartons               JSONB NOT NULL,
	carrier               TEXT NOT NULL,
	tracking_number       TEXT NOT NULL,
	content_hash          BYTEA NOT NULL,
	event_sequence        INT8 NOT NULL,
	shipped_at            TIMESTAMPTZ NOT NULL,
	recorded_at           TIMESTAMPTZ NOT NULL,
	UNIQUE (warehouse_shipment_id, node_id)
);
