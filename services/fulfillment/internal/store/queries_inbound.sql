-- name: SaveItems :exec
INSERT INTO item (sku_key, sku, scale, base_unit, service, lot_tracked, version)
SELECT unnest(@sku_keys::text[]), unnest(@skus::text[]), unnest(@scales::int8[]), unnest(@base_units::text[]),
       unnest(@services::bool[]), unnest(@lot_trackeds::bool[]), unnest(@versions::int8[])
ON CONFLICT (sku_key) DO UPDATE SET version = excluded.version WHERE item.version < excluded.version;

-- name: FindItems :many
SELECT * FROM item WHERE sku_key = ANY(@sku_keys::text[]);

-- name: SaveKnownNodes :exec
INSERT INTO known_node (node_id, wave_picking, version)
SELECT unnest(@node_ids::text[]), unnest(@wave_pickings::bool[]), unnest(@versions::int8[])
ON CONFLICT (node_id) DO UPDATE SET wave_picking = excluded.wave_picking, version = excluded.version
WHERE known_node.version < excluded.version;

-- name: FindKnownNodes :many
SELECT node_id FROM known_node WHERE node_id = ANY(@node_ids::text[]);

-- name: LockReceipts :many
-- The receipts of the set, in the order of their ids, locked until the transaction ends.
SELECT * FROM receipt WHERE receipt_id = ANY(@ids::uuid[]) OR business_key = ANY(@business_keys::text[])
ORDER BY receipt_id FOR UPDATE;

-- name: InsertReceipts :execrows
-- A receipt that another transaction has made meanwhile is a conflict, and the whole is run again.
INSERT INTO receipt (receipt_id, business_key, supplier_id, asn_number, purchase_order, node_id, state, announced, lines, expected_at,
    event_sequence, created_at, updated_at)
SELECT unnest(@ids::uuid[]), unnest(@business_keys::text[]), unnest(@supplier_ids::text[]), unnest(@asn_numbers::text[]),
       unnest(@purchase_orders::text[]), unnest(@node_ids::text[]), unnest(@states::text[]), unnest(@announceds::bool[]),
       unnest(@lines::text[])::jsonb, unnest(@expected_ats::timestamptz[]),
       unnest(@event_sequences::int8[]), @now::timestamptz, @now::timestamptz
ON CONFLICT (business_key) DO NOTHING;

-- name: UpdateReceipts :exec
UPDATE receipt SET purchase_order = n.purchase_order, node_id = n.node_id, state = n.state, announced = n.announced,
    lines = n.lines::jsonb, expected_at = n.expected_at, event_sequence = n.event_sequence,
    updated_at = @now::timestamptz
FROM (SELECT unnest(@ids::uuid[]) AS id, unnest(@purchase_orders::text[]) AS purchase_order, unnest(@node_ids::text[]) AS node_id,
             unnest(@states::text[]) AS state, unnest(@announceds::bool[]) AS announced, unnest(@lines::text[]) AS lines,
             unnest(@expected_ats::timestamptz[]) AS expected_at, unnest(@event_sequences::int8[]) AS event_sequence) AS n
WHERE receipt.receipt_id = n.id AND receipt.receipt_id = ANY(@ids::uuid[])
    AND COALESCE(array_length(@purchase_orders::text[], 1), array_length(@node_ids::text[], 1),
        array_length(@states::text[], 1), array_length(@announceds::bool[], 1), array_length(@lines::text[], 1),
        array_length(@expected_ats::timestamptz[], 1), array_length(@event_sequences::int8[], 1)) > 0;

-- name: GetReceipt :one
SELECT * FROM receipt WHERE receipt_id = @id;

-- name: ListReceipts :many
-- Newest first, before the given one; an empty filter does not restrict.
SELECT * FROM receipt
WHERE receipt_id < @before AND (@asn_number::text = '' OR asn_number = @asn_number) AND (@node_id::text = '' OR node_id = @node_id)
    AND (@state::text = '' OR state = @state)
ORDER BY receipt_id DESC LIMIT @page_limit;

-- name: ListReceiptsOfSupplier :many
SELECT * FROM receipt
WHERE supplier_id = @supplier_id AND receipt_id < @before AND (@asn_number::text = '' OR asn_number = @asn_number)
    AND (@node_id::text = '' OR node_id = @node_id) AND (@state::text = '' OR state = @state)
ORDER BY receipt_id DESC LIMIT @page_limit;

-- name: LockReturns :many
-- The returns of the set, in the order of their ids, locked until the transaction ends.
SELECT * FROM customer_return WHERE return_id = ANY(@ids::uuid[]) OR business_key = ANY(@business_keys::text[])
ORDER BY return_id FOR UPDATE;

-- name: FindOrigins :many
-- Shipments that have left, with the customers that they went to.
SELECT sqlc.embed(shipment), fulfillment.account_id FROM shipment
JOIN fulfillment ON fulfillment.fulfillment_id = shipment.fulfillment_id
WHERE shipment.shipment_id = ANY(@ids::uuid[]) AND shipment.state NOT IN ('PACKED', 'MANIFESTED', 'VOIDED');

-- name: AddAllowances :exec
INSERT INTO return_allowance (shipment_line_id, shipment_id, shipped, authorized, voided)
SELECT unnest(@shipment_line_ids::text[]), unnest(@shipment_ids::uuid[]), unnest(@shippeds::int8[]), 0, 0
ON CONFLICT (shipment_line_id) DO NOTHING;

-- name: LockAllowances :many
SELECT * FROM return_allowance WHERE shipment_line_id = ANY(@shipment_line_ids::text[]) ORDER BY shipment_line_id FOR UPDATE;

-- name: UpdateAllowances :exec
UPDATE return_allowance SET authorized = n.authorized, voided = n.voided
FROM (SELECT unnest(@shipment_line_ids::text[]) AS id, unnest(@authorizeds::int8[]) AS authorized,
             unnest(@voideds::int8[]) AS voided) AS n
WHERE return_allowance.shipment_line_id = n.id AND return_allowance.shipment_line_id = ANY(@shipment_line_ids::text[])
    AND COALESCE(array_length(@authorizeds::int8[], 1), array_length(@voideds::int8[], 1)) > 0;

-- name: InsertReturns :execrows
-- As InsertReceipts.
INSERT INTO customer_return (return_id, business_key, rma_number, order_id, partner_id, account_id, node_id, state, lines, blind,
    reason, decision_reason, currency_code, carrier, tracking_number, expires_on, lapses_on, decided, closing, content_hash, shard,
    event_sequence, version, requested_at, updated_at)
SELECT unnest(@ids::uuid[]), unnest(@business_keys::text[]), unnest(@rma_numbers::text[]), unnest(@order_ids::text[]),
       unnest(@partner_ids::text[]), unnest(@account_ids::text[]), unnest(@node_ids::text[]), unnest(@states::text[]),
       unnest(@lines::text[])::jsonb, unnest(@blinds::bool[]), unnest(@reasons::text[]), unnest(@decision_reasons::text[]),
       unnest(@currency_codes::text[]), unnest(@carriers::text[]), unnest(@tracking_numbers::text[]), unnest(@expires_ons::text[]),
       unnest(@lapses_ons::text[]), unnest(@decideds::bool[]), unnest(@closings::bool[]), unnest(@content_hashes::bytea[]),
       unnest(@shards::int8[]), unnest(@event_sequences::int8[]), unnest(@versions::int8[]), @now::timestamptz, @now::timestamptz
ON CONFLICT (business_key) DO NOTHING;

-- name: UpdateReturns :exec
UPDATE customer_return SET order_id = n.order_id, partner_id = n.partner_id, account_id = n.account_id, node_id = n.node_id,
    state = n.state, lines = n.lines::jsonb, blind = n.blind, decision_reason = n.decision_reason, currency_code = n.currency_code,
    carrier = n.carrier, tracking_number = n.tracking_number, expires_on = n.expires_on, lapses_on = n.lapses_on,
    decided = n.decided, closing = n.closing, event_sequence = n.event_sequence, version = n.version, updated_at = @now::timestamptz
FROM (SELECT unnest(@ids::uuid[]) AS id, unnest(@order_ids::text[]) AS order_id, unnest(@partner_ids::text[]) AS partner_id,
             unnest(@account_ids::text[]) AS account_id, unnest(@node_ids::text[]) AS node_id, unnest(@states::text[]) AS state,
             unnest(@lines::text[]) AS lines, unnest(@blinds::bool[]) AS blind, unnest(@decision_reasons::text[]) AS decision_reason,
             unnest(@currency_codes::text[]) AS currency_code, unnest(@carriers::text[]) AS carrier,
             unnest(@tracking_numbers::text[]) AS tracking_number, unnest(@expires_ons::text[]) AS expires_on,
             unnest(@lapses_ons::text[]) AS lapses_on, unnest(@decideds::bool[]) AS decided, unnest(@closings::bool[]) AS closing,
             unnest(@event_sequences::int8[]) AS event_sequence, unnest(@versions::int8[]) AS version) AS n
WHERE customer_return.return_id = n.id AND customer_return.return_id = ANY(@ids::uuid[])
    AND COALESCE(array_length(@order_ids::text[], 1), array_length(@partner_ids::text[], 1),
        array_length(@account_ids::text[], 1), array_length(@node_ids::text[], 1), array_length(@states::text[], 1),
        array_length(@lines::text[], 1), array_length(@blinds::bool[], 1),
        array_length(@decision_reasons::text[], 1), array_length(@currency_codes::text[], 1),
        array_length(@carriers::text[], 1), array_length(@tracking_numbers::text[], 1),
        array_length(@expires_ons::text[], 1), array_length(@lapses_ons::text[], 1),
        array_length(@decideds::bool[], 1), array_length(@closings::bool[], 1),
        array_length(@event_sequences::int8[], 1), array_length(@versions::int8[], 1)) > 0;

-- name: FindLapsed :many
-- Returns in the shards whose time is over, the oldest day first.
SELECT return_id FROM customer_return
WHERE shard = ANY(@shards::int8[]) AND lapses_on > '' AND lapses_on < @today::text
ORDER BY lapses_on LIMIT @page_limit;

-- name: GetReturn :one
SELECT * FROM customer_return WHERE return_id = @id;

-- name: ListReturns :many
-- Newest first, before the given one; an empty filter does not restrict.
SELECT * FROM customer_return
WHERE return_id < @before AND (@account_id::text = '' OR account_id = @account_id) AND (@state::text = '' OR state = @state)
    AND (@rma_number::text = '' OR rma_number = @rma_number) AND (NOT @blind_only::bool OR blind)
ORDER BY return_id DESC LIMIT @page_limit;

-- name: ListReturnsOfPartner :many
SELECT * FROM customer_return
WHERE partner_id = @partner_id AND return_id < @before AND (@order_id::text = '' OR order_id = @order_id)
    AND (@account_id::text = '' OR account_id = @account_id) AND (@state::text = '' OR state = @state)
    AND (@rma_number::text = '' OR rma_number = @rma_number) AND (NOT @blind_only::bool OR blind)
ORDER BY return_id DESC LIMIT @page_limit;

-- name: ListReturnsOfOrder :many
SELECT * FROM customer_return
WHERE order_id = @order_id AND return_id < @before AND (@account_id::text = '' OR account_id = @account_id)
    AND (@state::text = '' OR state = @state) AND (@rma_number::text = '' OR rma_number = @rma_number)
    AND (NOT @blind_only::bool OR blind)
ORDER BY return_id DESC LIMIT @page_limit;
