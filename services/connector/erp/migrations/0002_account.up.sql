-- How customers stand in the ERP, where a person has said so: OPEN, BLOCKED or UNKNOWN. payment_days: those that are right; NULL: any.
CREATE TABLE IF NOT EXISTS account (
	account_id   TEXT NOT NULL PRIMARY KEY,
	state        TEXT NOT NULL CHECK (state IN ('OPEN', 'BLOCKED', 'UNKNOWN')),
	payment_days INT8 CHECK (payment_days >= 0)
);
