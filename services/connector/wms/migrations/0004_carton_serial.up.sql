-- The next serial number of cartons under a company prefix. A number is taken once; some may be lost.
CREATE TABLE IF NOT EXISTS carton_serial (
	company_prefix TEXT NOT NULL PRIMARY KEY,
	next_serial    INT8 NOT NULL
);
