-- name: FindRebuild :many
SELECT * FROM rebuild WHERE request_key = @request_key;

-- name: BeginRebuild :exec
INSERT INTO rebuild (request_key, content_hash, actor, reason, started_at, outcome)
VALUES (@request_key, @content_hash, @actor, @reason, @started_at, '{}');

-- name: EndRebuild :exec
UPDATE rebuild SET finished_at = @finished_at, outcome = @outcome WHERE request_key = @request_key;

-- name: MendAwaited :execrows
-- Shipments as their events say. Those that are right already stay untouched.
INSERT INTO awaited_invoice (shipment_id, order_id, node_id, shipped_at, invoiced, told)
SELECT unnest(@shipment_ids::text[]), unnest(@order_ids::text[]), unnest(@node_ids::text[]), unnest(@shipped_ats::timestamptz[]),
       false, false
ON CONFLICT (shipment_id) DO UPDATE SET order_id = excluded.order_id, node_id = excluded.node_id, shipped_at = excluded.shipped_at
WHERE awaited_invoice.order_id <> excluded.order_id OR awaited_invoice.node_id <> excluded.node_id
    OR awaited_invoice.shipped_at IS NULL OR awaited_invoice.shipped_at <> excluded.shipped_at;

-- name: MendIssued :execrows
INSERT INTO awaited_invoice (shipment_id, order_id, node_id, invoiced, told)
SELECT unnest(@shipment_ids::text[]), unnest(@order_ids::text[]), '', true, false
ON CONFLICT (shipment_id) DO UPDATE SET invoiced = true WHERE NOT awaited_invoice.invoiced;

-- name: MendTold :execrows
-- Shipments of which an exception knows were told.
UPDATE awaited_invoice SET told = true WHERE shipment_id = ANY(@shipment_ids::text[]) AND NOT told;

-- name: ListOpenKeys :many
SELECT trouble_key FROM exception WHERE is_open AND trouble_key > @after ORDER BY trouble_key LIMIT @page_limit;
