-- Where a shipment stands: PACKED, MANIFESTED or VOIDED before it leaves, then SHIPPED, IN_TRANSIT, DELIVERED, LOST or
-- RETURNED_TO_SENDER. shipped_at is the year 1 until it has left. absorbs is the shipment whose unplanned goods it makes billable; the
-- zero id of an ordinary one. All that was recorded before had left.
ALTER TABLE shipment ADD COLUMN IF NOT EXISTS state TEXT NOT NULL DEFAULT 'SHIPPED';
ALTER TABLE shipment ADD COLUMN IF NOT EXISTS flaws JSONB NOT NULL DEFAULT '[]';
ALTER TABLE shipment ADD COLUMN IF NOT EXISTS milestones JSONB NOT NULL DEFAULT '[]';
ALTER TABLE shipment ADD COLUMN IF NOT EXISTS absorbs UUID NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000';
