-- name: LockFulfillments :many
-- The orders of the set, in the order of their ids, locked until the transaction ends.
SELECT * FROM fulfillment WHERE fulfillment_id = ANY(@ids::uuid[]) ORDER BY fulfillment_id FOR UPDATE;

-- name: FindFulfillments :many
SELECT * FROM fulfillment WHERE fulfillment_id = ANY(@ids::uuid[]);

-- name: InsertFulfillments :exec
INSERT INTO fulfillment (fulfillment_id, request_key, order_id, node_id, partner_id, account_id, ship_to, instructions, lines, stage, stop,
    event_sequence, created_at, updated_at)
SELECT unnest(@ids::uuid[]), unnest(@request_keys::text[]), unnest(@order_ids::text[]), unnest(@node_ids::text[]),
       unnest(@partner_ids::text[]), unnest(@account_ids::text[]), unnest(@ship_tos::text[])::jsonb, unnest(@instructions::text[])::jsonb,
       unnest(@lines::text[])::jsonb, unnest(@stages::text[]), unnest(@stops::text[]), unnest(@event_sequences::int8[]),
       @now::timestamptz, @now::timestamptz;

-- name: UpdateFulfillments :exec
-- The lengths name the parameters outside of FROM: a CockroachDB before 21.1 takes those that stand only in FROM for text,
-- whatever they are cast to.
UPDATE fulfillment SET lines = n.lines::jsonb, stage = n.stage, stop = n.stop, event_sequence = n.event_sequence,
    updated_at = @now::timestamptz
FROM (SELECT unnest(@ids::uuid[]) AS id, unnest(@lines::text[]) AS lines, unnest(@stages::text[]) AS stage,
             unnest(@stops::text[]) AS stop, unnest(@event_sequences::int8[]) AS event_sequence) AS n
WHERE fulfillment.fulfillment_id = n.id AND fulfillment.fulfillment_id = ANY(@ids::uuid[])
    AND COALESCE(array_length(@lines::text[], 1), array_length(@stages::text[], 1),
        array_length(@stops::text[], 1), array_length(@event_sequences::int8[], 1)) > 0;

-- name: UpdateStages :exec
-- As UpdateFulfillments, for orders whose counters have not changed.
UPDATE fulfillment SET stage = n.stage, stop = n.stop, event_sequence = n.event_sequence, updated_at = @now::timestamptz
FROM (SELECT unnest(@ids::uuid[]) AS id, unnest(@stages::text[]) AS stage, unnest(@stops::text[]) AS stop,
             unnest(@event_sequences::int8[]) AS event_sequence) AS n
WHERE fulfillment.fulfillment_id = n.id AND fulfillment.fulfillment_id = ANY(@ids::uuid[])
    AND COALESCE(array_length(@stages::text[], 1), array_length(@stops::text[], 1),
        array_length(@event_sequences::int8[], 1)) > 0;

-- name: FindUndone :many
SELECT fulfillment_id FROM undone_key WHERE fulfillment_id = ANY(@ids::uuid[]);

-- name: InsertUndone :exec
INSERT INTO undone_key (fulfillment_id, request_key, reason, recorded_at)
SELECT unnest(@ids::uuid[]), unnest(@request_keys::text[]), unnest(@reasons::text[]), @now::timestamptz;

-- name: InsertShipments :exec
INSERT INTO shipment (shipment_id, fulfillment_id, order_id, node_id, partner_id, warehouse_shipment_id, state, lines, cartons,
    flaws, milestones, carrier, tracking_number, absorbs, content_hash, event_sequence, shipped_at, recorded_at)
SELECT unnest(@ids::uuid[]), unnest(@fulfillment_ids::uuid[]), unnest(@order_ids::text[]), unnest(@node_ids::text[]),
       unnest(@partner_ids::text[]), unnest(@numbers::text[]), unnest(@states::text[]), unnest(@lines::text[])::jsonb,
       unnest(@cartons::text[])::jsonb, unnest(@flaws::text[])::jsonb, unnest(@milestones::text[])::jsonb,
       unnest(@carriers::text[]), unnest(@tracking_numbers::text[]), unnest(@absorbs::uuid[]), unnest(@content_hashes::bytea[]),
       unnest(@event_sequences::int8[]), unnest(@shipped_ats::timestamptz[]), @now::timestamptz;

-- name: FindCartons :many
SELECT sscc, shipment_id FROM carton WHERE sscc = ANY(@ssccs::text[]);

-- name: InsertCartons :exec
INSERT INTO carton (sscc, shipment_id) SELECT unnest(@ssccs::text[]), unnest(@shipment_ids::uuid[]);

-- name: GetShipment :one
SELECT * FROM shipment WHERE shipment_id = @id;

-- name: ListShipments :many
-- Newest first, before the given one.
SELECT * FROM shipment WHERE shipment_id < @before ORDER BY shipment_id DESC LIMIT @page_limit;

-- name: ListShipmentsOfPartner :many
SELECT * FROM shipment WHERE partner_id = @partner_id AND shipment_id < @before ORDER BY shipment_id DESC LIMIT @page_limit;

-- name: ListShipmentsOfOrder :many
SELECT * FROM shipment WHERE order_id = @order_id AND shipment_id < @before ORDER BY shipment_id DESC LIMIT @page_limit;

-- name: ListShipmentsOfPartnersOrder :many
SELECT * FROM shipment WHERE order_id = @order_id AND partner_id = @partner_id AND shipment_id < @before
ORDER BY shipment_id DESC LIMIT @page_limit;

-- name: InsertDispatch :exec
INSERT INTO dispatch (fulfillment_id, kind, shard, due_at, attempt)
SELECT unnest(@ids::uuid[]), unnest(@kinds::text[]), unnest(@shards::int8[]), @now::timestamptz, 0;

-- name: LockHandOvers :many
-- The hand-overs of the set that are still to be made, locked so that none is begun meanwhile.
SELECT fulfillment_id, attempt FROM dispatch WHERE fulfillment_id = ANY(@ids::uuid[]) AND kind = 'SEND'
ORDER BY fulfillment_id FOR UPDATE;

-- name: LockDue :many
SELECT * FROM dispatch WHERE shard = ANY(@shards::int8[]) AND due_at >= @lower AND due_at <= @now
ORDER BY due_at LIMIT @page_limit FOR UPDATE;

-- name: CountAttempts :exec
UPDATE dispatch SET attempt = attempt + 1 WHERE fulfillment_id = ANY(@ids::uuid[]) AND kind = @kind;

-- name: NextDue :one
SELECT due_at FROM dispatch WHERE shard = ANY(@shards::int8[]) ORDER BY due_at LIMIT 1;

-- name: PostponeDispatch :exec
UPDATE dispatch SET due_at = n.due_at
FROM (SELECT unnest(@ids::uuid[]) AS id, unnest(@due_ats::timestamptz[]) AS due_at) AS n
WHERE dispatch.fulfillment_id = n.id AND dispatch.fulfillment_id = ANY(@ids::uuid[]) AND dispatch.kind = @kind
    AND array_length(@due_ats::timestamptz[], 1) > 0;

-- name: DeleteDispatch :exec
DELETE FROM dispatch WHERE fulfillment_id = ANY(@ids::uuid[]) AND kind = @kind;
