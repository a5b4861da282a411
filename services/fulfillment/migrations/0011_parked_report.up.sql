-- Reports about what is not known yet. The id stands for the content, so that a repeat is parked once. A row is deleted when its
-- report is booked, or when its time is over: then it is an exception.
CREATE TABLE IF NOT EXISTS parked_report (
	report_id   UUID NOT NULL PRIMARY KEY,
	kind        TEXT NOT NULL CHECK (kind IN ('ACKNOWLEDGEMENT', 'PICK', 'MANIFEST', 'SHIPMENT', 'CANCELLATION', 'MILESTONE')),
	subject     TEXT NOT NULL,
	report      BYTEA NOT NULL,
	shard       INT8 NOT NULL,
	attempt     INT8 NOT NULL,
	due_at      TIMESTAMPTZ NOT NULL,
	expires_at  TIMESTAMPTZ NOT NULL,
	recorded_at TIMESTAMPTZ NOT NULL
);
