-- The next serial number of container codes under a company prefix. It only grows.
CREATE TABLE IF NOT EXISTS sscc_counter (
	company_prefix TEXT NOT NULL PRIMARY KEY,
	next_serial    INT8 NOT NULL CHECK (next_serial >= 0)
);
