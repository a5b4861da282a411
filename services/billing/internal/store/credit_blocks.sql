-- name: FindUnblocked :many
-- The orders of an account that weigh something and are not blocked, the newest first.
SELECT claim.order_id, COALESCE(block.sequence, 0)::int8 AS sequence
FROM credit_claim AS claim LEFT JOIN credit_block AS block ON block.order_id = claim.order_id
WHERE claim.account_id = @account_id AND claim.open_minor > 0 AND (block.order_id IS NULL OR NOT block.blocked)
ORDER BY claim.order_id DESC;

-- name: FindBlocked :many
-- The orders of an account that are blocked, the oldest first.
SELECT order_id, sequence FROM credit_block WHERE account_id = @account_id AND blocked ORDER BY order_id;

-- name: FindBlocks :many
SELECT order_id, account_id, blocked, sequence FROM credit_block WHERE order_id = ANY(@order_ids::uuid[]);

-- name: SaveBlocks :exec
INSERT INTO credit_block (order_id, account_id, blocked, reason, message, sequence, changed_at)
SELECT unnest(@order_ids::uuid[]), unnest(@account_ids::text[]), unnest(@blocked::bool[]), unnest(@reasons::text[]),
       unnest(@messages::text[]), unnest(@sequences::int8[]), @changed_at::timestamptz
ON CONFLICT (order_id) DO UPDATE SET blocked = excluded.blocked, reason = excluded.reason, message = excluded.message,
    sequence = excluded.sequence, changed_at = excluded.changed_at;

-- name: FindClearances :many
SELECT * FROM credit_clearance WHERE clearance_key = ANY(@clearance_keys::text[]);

-- name: AddClearances :exec
INSERT INTO credit_clearance (clearance_key, order_id, account_id, reason, message, exposure_minor, limit_minor, block_sequence,
    decided_at)
SELECT unnest(@clearance_keys::text[]), unnest(@order_ids::uuid[]), unnest(@account_ids::text[]), unnest(@reasons::text[]),
       unnest(@messages::text[]), unnest(@exposures::int8[]), unnest(@limits::int8[]), unnest(@block_sequences::int8[]),
       @decided_at::timestamptz;

-- name: FindLighter :many
-- Which of the orders weigh what waits for stock less than in full.
SELECT order_id FROM order_snapshot WHERE order_id = ANY(@order_ids::uuid[]) AND backorder_weight_bp < 10000;
