-- name: LockItems :many
-- The items of the set as they are stored, in the order of their keys, locked until the transaction ends.
SELECT * FROM item WHERE sku_key = ANY(@sku_keys::text[]) ORDER BY sku_key FOR UPDATE;

-- name: FindItems :many
SELECT * FROM item WHERE sku_key = ANY(@sku_keys::text[]);

-- name: ListItems :many
SELECT * FROM item WHERE sku_key > @after ORDER BY sku_key LIMIT @page_limit;

-- name: SaveItems :exec
INSERT INTO item (sku_key, sku, description, kind, base_unit, scale, units, tax_class, inactive, version, updated_at)
SELECT unnest(@sku_keys::text[]), unnest(@skus::text[]), unnest(@descriptions::text[]), unnest(@kinds::text[]),
       unnest(@base_units::text[]), unnest(@scales::int8[]), unnest(@units::text[])::jsonb,
       unnest(@tax_classes::text[]), unnest(@inactives::bool[]), unnest(@versions::int8[]), @updated_at::timestamptz
ON CONFLICT (sku_key) DO UPDATE SET
    description = excluded.description, units = excluded.units, tax_class = excluded.tax_class,
    inactive = excluded.inactive, version = excluded.version, updated_at = excluded.updated_at;

-- name: LockAccounts :many
SELECT * FROM account WHERE account_id = ANY(@account_ids::text[]) ORDER BY account_id FOR UPDATE;

-- name: FindAccounts :many
SELECT * FROM account WHERE account_id = ANY(@account_ids::text[]);

-- name: SaveAccounts :exec
INSERT INTO account (account_id, name, legal_entity, currency_code, credit_limit_minor, unlimited_credit, credit_stop,
    payment_days, tax_jurisdiction, estimated_tax_rate, price_lists, inactive, rounding, priority, version, updated_at)
SELECT unnest(@account_ids::text[]), unnest(@names::text[]), unnest(@legal_entities::text[]),
       unnest(@currency_codes::text[]), unnest(@credit_limits::int8[]), unnest(@unlimiteds::bool[]),
       unnest(@stops::bool[]), unnest(@payment_days::int8[]), unnest(@jurisdictions::text[]),
       unnest(@tax_rates::text[]), unnest(@price_lists::text[])::jsonb, unnest(@inactives::bool[]),
       unnest(@roundings::text[]), unnest(@priorities::int8[]), unnest(@versions::int8[]), @updated_at::timestamptz
ON CONFLICT (account_id) DO UPDATE SET
    name = excluded.name, credit_limit_minor = excluded.credit_limit_minor,
    unlimited_credit = excluded.unlimited_credit, credit_stop = excluded.credit_stop,
    payment_days = excluded.payment_days, tax_jurisdiction = excluded.tax_jurisdiction,
    estimated_tax_rate = excluded.estimated_tax_rate, price_lists = excluded.price_lists,
    inactive = excluded.inactive, rounding = excluded.rounding, priority = excluded.priority,
    version = excluded.version, updated_at = excluded.updated_at;

-- name: LockNodes :many
SELECT * FROM node WHERE node_id = ANY(@node_ids::text[]) ORDER BY node_id FOR UPDATE;

-- name: ListNodes :many
SELECT * FROM node ORDER BY node_id;

-- name: SaveNodes :exec
INSERT INTO node (node_id, name, priority, inactive, version, updated_at)
SELECT unnest(@node_ids::text[]), unnest(@names::text[]), unnest(@priorities::int8[]), unnest(@inactives::bool[]),
       unnest(@versions::int8[]), @updated_at::timestamptz
ON CONFLICT (node_id) DO UPDATE SET
    name = excluded.name, priority = excluded.priority, inactive = excluded.inactive,
    version = excluded.version, updated_at = excluded.updated_at;

-- name: LockPrices :many
-- A few more than the set may come back (every list with every item of the set); the caller picks by key.
SELECT * FROM price
WHERE price_list = ANY(@price_lists::text[]) AND sku_key = ANY(@sku_keys::text[])
ORDER BY price_list, currency_code, sku_key FOR UPDATE;

-- name: SavePrices :exec
INSERT INTO price (price_list, currency_code, sku_key, unit_price, version, updated_at)
SELECT unnest(@price_lists::text[]), unnest(@currency_codes::text[]), unnest(@sku_keys::text[]),
       unnest(@unit_prices::text[]), unnest(@versions::int8[]), @updated_at::timestamptz
ON CONFLICT (price_list, currency_code, sku_key) DO UPDATE SET
    unit_price = excluded.unit_price, version = excluded.version, updated_at = excluded.updated_at;
