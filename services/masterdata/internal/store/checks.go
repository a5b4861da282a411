package store

// The statements of the invariants: a row (entity, left, right, detail) for each place where one does not hold.
const (
	// CheckCodes looks at the units of codes and at the form of GTINs.
	CheckCodes = `
SELECT 'item ' || code.sku_key, code.code, code.unit, 'the code stands for a unit that the item does not have'
FROM item_code AS code JOIN item ON item.sku_key = code.sku_key
WHERE code.unit <> '' AND code.unit NOT IN (SELECT known.value->>'unit' FROM jsonb_array_elements(item.units) AS known)
UNION ALL
SELECT 'item ' || sku_key, code, code_key, 'not the form in which GTINs are compared'
FROM item_code WHERE code_type = 'GTIN' AND (length(code_key) <> 14 OR partner_id <> '')
LIMIT 100`

	// CheckSubstitutes compares items with those that may be sent in their place.
	CheckSubstitutes = `
SELECT 'item ' || item.sku_key, item.kind || ' ' || item.base_unit || ' ' || item.scale::text,
       COALESCE(other.kind || ' ' || other.base_unit || ' ' || other.scale::text, 'none'), 'its substitute ' || substitute
FROM (SELECT sku_key, kind, base_unit, scale, jsonb_array_elements_text(substitutes) AS substitute FROM item) AS item
LEFT JOIN item AS other ON other.sku_key = lower(item.substitute)
WHERE other.sku_key IS NULL OR other.sku_key = item.sku_key OR other.kind <> item.kind
    OR other.base_unit <> item.base_unit OR other.scale <> item.scale
LIMIT 100`

	// CheckBillTo compares accounts with those that get their invoices.
	CheckBillTo = `
SELECT 'account ' || account.account_id, account.legal_entity || ' ' || account.currency_code,
       COALESCE(payer.legal_entity || ' ' || payer.currency_code || ' ' || payer.bill_to_account_id, 'none'),
       'its bill-to ' || account.bill_to_account_id
FROM account LEFT JOIN account AS payer ON payer.account_id = account.bill_to_account_id
WHERE account.bill_to_account_id <> ''
    AND (payer.account_id IS NULL OR payer.bill_to_account_id <> '' OR payer.legal_entity <> account.legal_entity
         OR payer.currency_code <> account.currency_code)
LIMIT 100`

	// CheckPriceUnits looks at the units of the prices that are not withdrawn.
	CheckPriceUnits = `
SELECT 'price ' || price.price_list || ' ' || price.currency_code || ' ' || price.sku_key, price.price_unit,
       item.units::text, 'the unit of the price, and those of the item'
FROM price JOIN item ON item.sku_key = price.sku_key
WHERE price.price_unit <> '' AND NOT price.withdrawn
    AND price.price_unit NOT IN (SELECT known.value->>'unit' FROM jsonb_array_elements(item.units) AS known)
LIMIT 100`

	// CheckRateNumbers looks for numbers that were given twice.
	CheckRateNumbers = `
SELECT 'rate ' || from_currency_code || ' ' || to_currency_code, count(*)::text, '1', 'rates with number ' || version::text
FROM exchange_rate GROUP BY from_currency_code, to_currency_code, version HAVING count(*) > 1
LIMIT 100`

	// CheckSetAside looks for entries that nobody would hear of again.
	CheckSetAside = `
SELECT 'entry ' || entry_id, state, told::text || ' times told', kind || ' ' || entity_key
FROM master_set_aside WHERE (state = 'STUCK' AND told = 0) OR (state = 'WAITING' AND next_try_at IS NULL)
LIMIT 100`
)
