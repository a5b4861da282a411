-- name: AddDelivery :execrows
INSERT INTO invoice_delivery (invoice_id, channel, reference, sent_at, recorded_at)
VALUES (@invoice_id, @channel, @reference, @sent_at, @recorded_at)
ON CONFLICT (invoice_id, channel, reference) DO NOTHING;

-- name: FindDeliveries :many
SELECT * FROM invoice_delivery WHERE invoice_id = @invoice_id ORDER BY sent_at, channel, reference;

-- name: SaveSent :exec
UPDATE invoice SET sent_at = @sent_at, event_sequence = @event_sequence WHERE invoice_id = @invoice_id;

-- name: SaveDiscarded :exec
UPDATE invoice SET discarded_at = @discarded_at, discarded_by = @discarded_by, discard_reason = @discard_reason,
    counted = true, event_sequence = @event_sequence
WHERE invoice_id = @invoice_id;

-- name: SaveDiscardedMemo :exec
UPDATE credit_memo SET discarded_at = @discarded_at, discarded_by = @discarded_by, discard_reason = @discard_reason,
    event_sequence = @event_sequence
WHERE credit_memo_id = @credit_memo_id;
