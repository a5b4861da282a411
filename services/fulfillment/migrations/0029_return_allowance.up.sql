-- How much of a shipment line may come back, over all its returns. A row is made when the first return names the line, and
-- locked by whoever changes it; the last check is the backstop of the rule that nothing comes back that was not shipped.
CREATE TABLE IF NOT EXISTS return_allowance (
	shipment_line_id TEXT NOT NULL PRIMARY KEY,
	shipment_id      UUID NOT NULL,
	shipped          INT8 NOT NULL,
	authorized       INT8 NOT NULL,
	voided           INT8 NOT NULL CHECK (voided >= 0 AND voided <= authorized),
	CHECK (authorized - voided <= shipped)
);
