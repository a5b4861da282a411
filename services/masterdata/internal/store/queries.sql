-- name: LockItems :many
-- The items of the set as they are stored, in the order of their keys, locked until the transaction ends.
SELECT * FROM item WHERE sku_key = ANY(@sku_keys::text[]) ORDER BY sku_key FOR UPDATE;

-- name: FindItems :many
SELECT * FROM item WHERE sku_key = ANY(@sku_keys::text[]);

-- name: ListItems :many
SELECT * FROM item WHERE sku_key > @after ORDER BY sku_key LIMIT @page_limit;

-- name: SaveItems :exec
INSERT INTO item (sku_key, sku, description, kind, base_unit, scale, units, tax_class, lot_tracked, substitutes, inactive,
    version, updated_at)
SELECT unnest(@sku_keys::text[]), unnest(@skus::text[]), unnest(@descriptions::text[]), unnest(@kinds::text[]),
       unnest(@base_units::text[]), unnest(@scales::int8[]), unnest(@units::text[])::jsonb,
       unnest(@tax_classes::text[]), unnest(@lot_trackeds::bool[]), unnest(@substitutes::text[])::jsonb,
       unnest(@inactives::bool[]), unnest(@versions::int8[]), @updated_at::timestamptz
ON CONFLICT (sku_key) DO UPDATE SET
    description = excluded.description, units = excluded.units, tax_class = excluded.tax_class,
    substitutes = excluded.substitutes, inactive = excluded.inactive, version = excluded.version,
    updated_at = excluded.updated_at;

-- name: FindCodesOfItems :many
SELECT * FROM item_code WHERE sku_key = ANY(@sku_keys::text[]) ORDER BY sku_key, code_type, partner_id, code_key;

-- name: FindCodes :many
-- More than the set may come back (every partner with every code of the set); the caller picks by key.
SELECT * FROM item_code
WHERE code_type = ANY(@code_types::text[]) AND partner_id = ANY(@partner_ids::text[]) AND code_key = ANY(@code_keys::text[]);

-- name: FindPriceUnits :many
-- In which units, other than the base unit, the items of the set have prices.
SELECT DISTINCT sku_key, price_unit FROM price
WHERE sku_key = ANY(@sku_keys::text[]) AND price_unit <> '' AND NOT withdrawn
ORDER BY sku_key, price_unit;

-- name: DeleteCodes :exec
DELETE FROM item_code WHERE sku_key = ANY(@sku_keys::text[]);

-- name: SaveCodes :exec
-- The set was read before, so a code that is there already came from a transaction beside this one: ON CONFLICT makes that
-- a serialization failure and not a violation of the key.
INSERT INTO item_code (code_type, partner_id, code_key, sku_key, code, unit)
SELECT unnest(@code_types::text[]), unnest(@partner_ids::text[]), unnest(@code_keys::text[]), unnest(@sku_keys::text[]),
       unnest(@codes::text[]), unnest(@units::text[])
ON CONFLICT (code_type, partner_id, code_key) DO UPDATE SET
    sku_key = excluded.sku_key, code = excluded.code, unit = excluded.unit;

-- name: LockAccounts :many
SELECT * FROM account WHERE account_id = ANY(@account_ids::text[]) ORDER BY account_id FOR UPDATE;

-- name: FindAccounts :many
SELECT * FROM account WHERE account_id = ANY(@account_ids::text[]);

-- name: FindPayers :many
-- Which accounts of the set get invoices of another account that is not in the set.
SELECT DISTINCT bill_to_account_id FROM account
WHERE bill_to_account_id = ANY(@account_ids::text[]) AND NOT account_id = ANY(@account_ids::text[]);

-- name: ListAccounts :many
SELECT * FROM account
WHERE account_id > @after AND (@legal_entity::text = '' OR legal_entity = @legal_entity::text)
  AND (@bill_to::text = '' OR bill_to_account_id = @bill_to::text)
  AND (@partner::text = '' OR @partner::text IN (SELECT jsonb_array_elements_text(partner_ids)))
ORDER BY account_id LIMIT @page_limit;

-- name: SaveAccounts :exec
INSERT INTO account (account_id, name, legal_entity, currency_code, credit_limit_minor, unlimited_credit, credit_stop,
    payment_days, tax_jurisdiction, estimated_tax_rate, price_lists, inactive, rounding, priority, bill_to_account_id,
    ship_tos, price_difference, price_tolerance_bp, over_ship_tolerance_bp, max_days_past_due, backorder_weight_bp,
    credit_checkpoint, partner_ids, version, updated_at)
SELECT unnest(@account_ids::text[]), unnest(@names::text[]), unnest(@legal_entities::text[]),
       unnest(@currency_codes::text[]), unnest(@credit_limits::int8[]), unnest(@unlimiteds::bool[]),
       unnest(@stops::bool[]), unnest(@payment_days::int8[]), unnest(@jurisdictions::text[]),
       unnest(@tax_rates::text[]), unnest(@price_lists::text[])::jsonb, unnest(@inactives::bool[]),
       unnest(@roundings::text[]), unnest(@priorities::int8[]), unnest(@bill_tos::text[]),
       unnest(@ship_tos::text[])::jsonb, unnest(@price_differences::text[]), unnest(@price_tolerances::int8[]),
       unnest(@over_ship_tolerances::int8[]), unnest(@max_past_dues::int8[]), unnest(@backorder_weights::int8[]),
       unnest(@checkpoints::text[]), unnest(@partner_ids::text[])::jsonb, unnest(@versions::int8[]), @updated_at::timestamptz
ON CONFLICT (account_id) DO UPDATE SET
    name = excluded.name, credit_limit_minor = excluded.credit_limit_minor,
    unlimited_credit = excluded.unlimited_credit, credit_stop = excluded.credit_stop,
    payment_days = excluded.payment_days, tax_jurisdiction = excluded.tax_jurisdiction,
    estimated_tax_rate = excluded.estimated_tax_rate, price_lists = excluded.price_lists,
    inactive = excluded.inactive, rounding = excluded.rounding, priority = excluded.priority,
    bill_to_account_id = excluded.bill_to_account_id, ship_tos = excluded.ship_tos,
    price_difference = excluded.price_difference, price_tolerance_bp = excluded.price_tolerance_bp,
    over_ship_tolerance_bp = excluded.over_ship_tolerance_bp, max_days_past_due = excluded.max_days_past_due,
    backorder_weight_bp = excluded.backorder_weight_bp, credit_checkpoint = excluded.credit_checkpoint,
    partner_ids = excluded.partner_ids, version = excluded.version, updated_at = excluded.updated_at;

-- name: LockNodes :many
SELECT * FROM node WHERE node_id = ANY(@node_ids::text[]) ORDER BY node_id FOR UPDATE;

-- name: FindNodes :many
SELECT * FROM node WHERE node_id = ANY(@node_ids::text[]);

-- name: ListNodes :many
SELECT * FROM node ORDER BY node_id;

-- name: SaveNodes :exec
INSERT INTO node (node_id, name, priority, inactive, time_zone, closed_weekdays, holidays, cut_off, daily_line_capacity,
    transit_times, wave_picking, address, version, updated_at)
SELECT unnest(@node_ids::text[]), unnest(@names::text[]), unnest(@priorities::int8[]), unnest(@inactives::bool[]),
       unnest(@time_zones::text[]), unnest(@closed_weekdays::text[])::jsonb, unnest(@holidays::text[])::jsonb,
       unnest(@cut_offs::text[]), unnest(@capacities::int8[]), unnest(@transit_times::text[])::jsonb,
       unnest(@wave_pickings::bool[]), unnest(@addresses::text[])::jsonb, unnest(@versions::int8[]),
       @updated_at::timestamptz
ON CONFLICT (node_id) DO UPDATE SET
    name = excluded.name, priority = excluded.priority, inactive = excluded.inactive, time_zone = excluded.time_zone,
    closed_weekdays = excluded.closed_weekdays, holidays = excluded.holidays, cut_off = excluded.cut_off,
    daily_line_capacity = excluded.daily_line_capacity, transit_times = excluded.transit_times,
    wave_picking = excluded.wave_picking, address = excluded.address, version = excluded.version,
    updated_at = excluded.updated_at;

-- name: LockPrices :many
-- A few more than the set may come back (every list with every item of the set); the caller picks by key.
SELECT * FROM price
WHERE price_list = ANY(@price_lists::text[]) AND sku_key = ANY(@sku_keys::text[])
ORDER BY price_list, currency_code, sku_key, min_quantity, valid_from FOR UPDATE;

-- name: ListPrices :many
-- A page of the prices that the filters leave, with the items' spellings. A partner sees the lists of its accounts.
SELECT p.*, i.sku FROM price p JOIN item i ON i.sku_key = p.sku_key
WHERE (p.price_list, p.currency_code, p.sku_key, p.min_quantity, p.valid_from) >
      (@after_list::text, @after_currency::text, @after_sku_key::text, @after_min_quantity::text, @after_valid_from::text)
  AND (@price_list::text = '' OR p.price_list = @price_list::text)
  AND (@sku_key::text = '' OR p.sku_key = @sku_key::text)
  AND (@currency_code::text = '' OR p.currency_code = @currency_code::text)
  AND (@holding_on::text = '' OR (NOT p.withdrawn AND p.valid_from <= @holding_on::text
       AND (p.valid_until = '' OR p.valid_until >= @holding_on::text)))
  AND (@partner::text = '' OR p.price_list IN (
       SELECT jsonb_array_elements_text(a.price_lists) FROM account a
       WHERE @partner::text IN (SELECT jsonb_array_elements_text(a.partner_ids))))
ORDER BY p.price_list, p.currency_code, p.sku_key, p.min_quantity, p.valid_from LIMIT @page_limit;

-- name: SavePrices :exec
INSERT INTO price (price_list, currency_code, sku_key, min_quantity, valid_from, unit_price, price_unit, valid_until,
    withdrawn, version, updated_at)
SELECT unnest(@price_lists::text[]), unnest(@currency_codes::text[]), unnest(@sku_keys::text[]),
       unnest(@min_quantities::text[]), unnest(@valid_froms::text[]), unnest(@unit_prices::text[]),
       unnest(@price_units::text[]), unnest(@valid_untils::text[]), unnest(@withdrawns::bool[]),
       unnest(@versions::int8[]), @updated_at::timestamptz
ON CONFLICT (price_list, currency_code, sku_key, min_quantity, valid_from) DO UPDATE SET
    unit_price = excluded.unit_price, price_unit = excluded.price_unit, valid_until = excluded.valid_until,
    withdrawn = excluded.withdrawn, version = excluded.version, updated_at = excluded.updated_at;

-- name: LockLegalEntities :many
SELECT * FROM legal_entity WHERE legal_entity_id = ANY(@legal_entity_ids::text[]) ORDER BY legal_entity_id FOR UPDATE;

-- name: FindLegalEntities :many
SELECT * FROM legal_entity WHERE legal_entity_id = ANY(@legal_entity_ids::text[]);

-- name: ListLegalEntities :many
SELECT * FROM legal_entity ORDER BY legal_entity_id;

-- name: SaveLegalEntities :exec
INSERT INTO legal_entity (legal_entity_id, name, base_currency_code, rounding, tax_mode, tax_jurisdiction, invoice_prefix,
    credit_memo_prefix, address, version, updated_at)
SELECT unnest(@legal_entity_ids::text[]), unnest(@names::text[]), unnest(@base_currency_codes::text[]),
       unnest(@roundings::text[]), unnest(@tax_modes::text[]), unnest(@jurisdictions::text[]),
       unnest(@invoice_prefixes::text[]), unnest(@credit_memo_prefixes::text[]), unnest(@addresses::text[])::jsonb,
       unnest(@versions::int8[]), @updated_at::timestamptz
ON CONFLICT (legal_entity_id) DO UPDATE SET
    name = excluded.name, rounding = excluded.rounding, tax_mode = excluded.tax_mode,
    tax_jurisdiction = excluded.tax_jurisdiction, invoice_prefix = excluded.invoice_prefix,
    credit_memo_prefix = excluded.credit_memo_prefix, address = excluded.address, version = excluded.version,
    updated_at = excluded.updated_at;

-- name: LockExchangeRates :many
-- More than the set may come back (every pair of the set's currencies on every day of the set); the caller picks by key.
SELECT * FROM exchange_rate
WHERE from_currency_code = ANY(@from_currency_codes::text[]) AND to_currency_code = ANY(@to_currency_codes::text[])
  AND rate_date = ANY(@rate_dates::text[])
ORDER BY from_currency_code, to_currency_code, rate_date FOR UPDATE;

-- name: LatestRateVersions :many
-- How far the pairs of the set's currencies have counted.
SELECT from_currency_code, to_currency_code, max(version)::int8 AS version FROM exchange_rate
WHERE from_currency_code = ANY(@from_currency_codes::text[]) AND to_currency_code = ANY(@to_currency_codes::text[])
GROUP BY from_currency_code, to_currency_code;

-- name: FindEffectiveRate :many
SELECT * FROM exchange_rate
WHERE from_currency_code = @from_currency_code AND to_currency_code = @to_currency_code AND rate_date <= @rate_date
ORDER BY rate_date DESC LIMIT 1;

-- name: ListExchangeRates :many
-- A page of the rates that the filters leave. The first page comes after a pair that is smaller than every other.
SELECT * FROM exchange_rate
WHERE (@from_currency_code::text = '' OR from_currency_code = @from_currency_code::text)
  AND (@to_currency_code::text = '' OR to_currency_code = @to_currency_code::text)
  AND ((from_currency_code, to_currency_code) > (@after_from::text, @after_to::text)
    OR (from_currency_code = @after_from::text AND to_currency_code = @after_to::text AND rate_date < @before_date::text))
ORDER BY from_currency_code, to_currency_code, rate_date DESC LIMIT @page_limit;

-- name: SaveExchangeRates :exec
INSERT INTO exchange_rate (from_currency_code, to_currency_code, rate_date, rate, version, updated_at)
SELECT unnest(@from_currency_codes::text[]), unnest(@to_currency_codes::text[]), unnest(@rate_dates::text[]),
       unnest(@rates::text[]), unnest(@versions::int8[]), @updated_at::timestamptz
ON CONFLICT (from_currency_code, to_currency_code, rate_date) DO UPDATE SET
    rate = excluded.rate, version = excluded.version, updated_at = excluded.updated_at;
