-- How and when an order is to be shipped.
ALTER TABLE fulfillment ADD COLUMN IF NOT EXISTS instructions JSONB NOT NULL DEFAULT '{}';
