-- What the provider was asked for, by the caller's key, for ever: a repeat finds it. status is that of the contract. parent_key
-- is a capture's authorisation, a refund's capture; empty otherwise. used_minor is what of an authorisation is captured, of a
-- capture refunded. An authorisation that was voided before it came has no amount.
CREATE TABLE IF NOT EXISTS operation (
	key           TEXT NOT NULL PRIMARY KEY,
	kind          TEXT NOT NULL CHECK (kind IN ('AUTHORIZE', 'CAPTURE', 'REFUND')),
	parent_key    TEXT NOT NULL,
	token         TEXT NOT NULL,
	currency_code TEXT NOT NULL,
	amount_minor  INT8 NOT NULL CHECK (amount_minor >= 0),
	used_minor    INT8 NOT NULL CHECK (used_minor BETWEEN 0 AND amount_minor),
	status        TEXT NOT NULL CHECK (status IN ('AUTHORIZED', 'CAPTURED', 'VOIDED', 'REFUNDED', 'DECLINED')),
	decline_code  TEXT NOT NULL
);
