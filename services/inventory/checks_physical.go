package inventory

import (
	"github.com/waybill-dev/waybill/internal/invariant"
)

// physicalChecks are the rules of lots, transfers, and of what is on its way.
func physicalChecks() []invariant.Check {
	return []invariant.Check{
		{
			Name: "inventory.I3.lots", Rule: "lot = fold of its movements; the lots of a balance add up to it, bucket by bucket",
			Examined:    invariant.Count("lot_balance"),
			Description: "Stock of a lot changed without a posting, or is in no lot.", Run: invariant.Query(checkLots),
		},
		{
			Name: "inventory.I3.sum", Rule: "Σ on_hand + what is outside by the ledger + what is in transit = 0 per item",
			Examined:    invariant.Count("movement"),
			Description: "Goods came from nowhere, or went there.", Run: invariant.Query(checkSum),
		},
		{
			Name: "inventory.snapshot", Rule: "on_hand = newest snapshot + what moved after its moment, where nothing was counted later",
			Examined:    invariant.Count("snapshot_position"),
			Description: "The books say something else than the warehouse's system said of them, and nothing that happened since explains it.",
			Run:         invariant.Query(checkSnapshots),
		},
		{
			Name: "inventory.I5", Rule: "of each transfer line: left = in transit + received + lost, as the ledger has it",
			Examined:    invariant.Count("transfer_line"),
			Description: "A transfer lost goods on its way, or made some.", Run: invariant.Query(checkTransfers),
		},
		{
			Name: "inventory.incoming", Rule: "what comes by a transfer = what is in transit; nothing expected or received < 0",
			Examined:    invariant.Count("incoming"),
			Description: "Supply is promised that is not on its way.", Run: invariant.Query(checkIncoming),
		},
	}
}

const checkLots = `
WITH entry AS (
	SELECT sku, node_id, lot, to_bucket AS bucket, quantity FROM movement
	UNION ALL
	SELECT sku, node_id, lot, from_bucket, -quantity FROM movement
), folded AS (
	SELECT e.sku, e.node_id, e.lot,
		sum(CASE WHEN bucket IN ('SELLABLE', 'QUALITY_HOLD', 'DAMAGED') THEN quantity ELSE 0 END)::int8 AS on_hand,
		sum(CASE WHEN bucket = 'QUALITY_HOLD' THEN quantity ELSE 0 END)::int8 AS quality_hold,
		sum(CASE WHEN bucket = 'DAMAGED' THEN quantity ELSE 0 END)::int8 AS damaged
	FROM entry AS e JOIN item AS i ON i.sku_key = lower(e.sku) AND i.lot_tracked GROUP BY e.sku, e.node_id, e.lot
), summed AS (
	SELECT sku, node_id, sum(on_hand)::int8 AS on_hand, sum(quality_hold)::int8 AS quality_hold, sum(damaged)::int8 AS damaged
	FROM lot_balance GROUP BY sku, node_id
)
SELECT entity, found, wanted, detail FROM (
	SELECT coalesce(l.sku, f.sku) || '|' || coalesce(l.node_id, f.node_id) || '|' || coalesce(l.lot, f.lot) AS entity,
		coalesce(l.on_hand, 0)::text || '/' || coalesce(l.quality_hold, 0)::text || '/' || coalesce(l.damaged, 0)::text AS found,
		coalesce(f.on_hand, 0)::text || '/' || coalesce(f.quality_hold, 0)::text || '/' || coalesce(f.damaged, 0)::text AS wanted,
		'on_hand/quality_hold/damaged: lot, ledger' AS detail
	FROM lot_balance AS l FULL JOIN folded AS f ON f.sku = l.sku AND f.node_id = l.node_id AND f.lot = l.lot
	WHERE coalesce(l.on_hand, 0) <> coalesce(f.on_hand, 0) OR coalesce(l.quality_hold, 0) <> coalesce(f.quality_hold, 0)
		OR coalesce(l.damaged, 0) <> coalesce(f.damaged, 0)
	UNION ALL
	SELECT b.sku || '|' || b.node_id,
		b.on_hand::text || '/' || b.quality_hold::text || '/' || b.damaged::text,
		coalesce(s.on_hand, 0)::text || '/' || coalesce(s.quality_hold, 0)::text || '/' || coalesce(s.damaged, 0)::text,
		'on_hand/quality_hold/damaged: balance, its lots'
	FROM balance AS b
	JOIN item AS i ON i.sku_key = lower(b.sku) AND i.lot_tracked
	LEFT JOIN summed AS s ON s.sku = b.sku AND s.node_id = b.node_id
	WHERE b.on_hand <> coalesce(s.on_hand, 0) OR b.quality_hold <> coalesce(s.quality_hold, 0)
		OR b.damaged <> coalesce(s.damaged, 0)
) AS broken
ORDER BY 1 LIMIT 100`

// The newest anchor of a balance, or of a lot, is a snapshot where their moments are the same: a count or snapshot of the same moment
// or an earlier one is not applied. A fact that was set aside is not in the books yet.
const checkSnapshots = `
WITH anchored AS (
	SELECT p.sku, p.node_id, p.lot, p.source, p.as_of, p.quantity, b.on_hand, false AS by_lot
	FROM snapshot_position AS p JOIN balance AS b ON b.sku = p.sku AND b.node_id = p.node_id AND b.counted_to = p.as_of
	WHERE p.lot = '' AND p.quantity >= 0 AND NOT b.frozen
	UNION ALL
	SELECT p.sku, p.node_id, p.lot, p.source, p.as_of, p.quantity, l.on_hand, true AS by_lot
	FROM snapshot_position AS p
	JOIN lot_balance AS l ON l.sku = p.sku AND l.node_id = p.node_id AND l.lot = p.lot AND l.counted_to = p.as_of
	JOIN balance AS b ON b.sku = p.sku AND b.node_id = p.node_id AND NOT b.frozen
	WHERE p.lot <> '' AND p.quantity >= 0
), moved AS (
	SELECT a.sku, a.node_id, a.lot, a.source, sum(
		CASE WHEN m.to_bucket IN ('SELLABLE', 'QUALITY_HOLD', 'DAMAGED') THEN m.quantity ELSE 0 END
		- CASE WHEN m.from_bucket IN ('SELLABLE', 'QUALITY_HOLD', 'DAMAGED') THEN m.quantity ELSE 0 END)::int8 AS change
	FROM anchored AS a JOIN movement AS m ON m.sku = a.sku AND m.node_id = a.node_id AND (m.lot = a.lot OR NOT a.by_lot)
	WHERE m.occurred_at > a.as_of GROUP BY a.sku, a.node_id, a.lot, a.source
)
SELECT a.sku || '|' || a.node_id || CASE WHEN a.lot = '' THEN '' ELSE '|' || a.lot END, a.on_hand::text,
	(a.quantity + coalesce(m.change, 0))::text, 'on hand, and by snapshot of ' || a.source || ' at ' || a.as_of::text
FROM anchored AS a LEFT JOIN moved AS m
	ON m.sku = a.sku AND m.node_id = a.node_id AND m.lot = a.lot AND m.source = a.source
WHERE a.on_hand <> a.quantity + coalesce(m.change, 0)
ORDER BY 1 LIMIT 100`

// What is in transit is taken from the transfers, what is in the places from the balances, and only what is outside from
// the ledger: the three are written apart from each other.
const checkSum = `
WITH entry AS (
	SELECT sku, to_bucket AS bucket, quantity FROM movement
	UNION ALL
	SELECT sku, from_bucket, -quantity FROM movement
), part AS (
	SELECT sku, quantity FROM entry WHERE bucket NOT IN ('SELLABLE', 'QUALITY_HOLD', 'DAMAGED', 'TRANSIT')
	UNION ALL
	SELECT sku, on_hand FROM balance
	UNION ALL
	SELECT sku, shipped - received - lost FROM transfer_line
)
SELECT sku, sum(quantity)::int8::text, '0', 'places + transit + outside' FROM part
GROUP BY sku HAVING sum(quantity) <> 0
ORDER BY 1 LIMIT 100`

// The ledger has a transfer's document and item, and no line: lines of one item and lot are summed up. Postings that a
// later count balanced are part of it all the same.
const checkTransfers = `
WITH line AS (
	SELECT 'trf_' || transfer_id::text AS document, sku, lot, sum(shipped)::int8 AS shipped,
		sum(received + lost)::int8 AS ended, sum(shipped - received - lost)::int8 AS in_transit
	FROM transfer_line GROUP BY transfer_id, sku, lot
), entry AS (
	SELECT source_document AS document, sku, lot,
		sum(CASE WHEN to_bucket = 'TRANSIT' THEN quantity ELSE 0 END)::int8 AS shipped,
		sum(CASE WHEN from_bucket = 'TRANSIT' THEN quantity ELSE 0 END)::int8 AS ended
	FROM movement WHERE to_bucket = 'TRANSIT' OR from_bucket = 'TRANSIT' GROUP BY source_document, sku, lot
)
SELECT coalesce(l.document, e.document) || '|' || coalesce(l.sku, e.sku) || '|' || coalesce(l.lot, e.lot),
	coalesce(l.shipped, 0)::text || '/' || coalesce(l.in_transit, 0)::text,
	coalesce(e.shipped, 0)::text || '/' || (coalesce(e.shipped, 0) - coalesce(e.ended, 0))::text,
	'shipped/in transit: transfer, ledger'
FROM line AS l FULL JOIN entry AS e ON e.document = l.document AND e.sku = l.sku AND e.lot = l.lot
WHERE coalesce(l.shipped, 0) <> coalesce(e.shipped, 0)
	OR coalesce(l.in_transit, 0) <> coalesce(e.shipped, 0) - coalesce(e.ended, 0) OR coalesce(l.in_transit, 0) < 0
ORDER BY 1 LIMIT 100`

const checkIncoming = `
WITH coming AS (
	SELECT document, sku, node_id, sum(CASE WHEN open THEN greatest(expected - received, 0) ELSE 0 END)::int8 AS quantity
	FROM incoming WHERE source = 'TRANSFER' GROUP BY document, sku, node_id
), transit AS (
	SELECT 'trf_' || t.id::text AS document, l.sku, t.to_node_id AS node_id, sum(l.shipped - l.received - l.lost)::int8 AS quantity
	FROM transfer AS t JOIN transfer_line AS l ON l.transfer_id = t.id GROUP BY t.id, l.sku, t.to_node_id
)
SELECT entity, found, wanted, detail FROM (
	SELECT coalesce(c.document, t.document) || '|' || coalesce(c.sku, t.sku) AS entity, coalesce(c.quantity, 0)::text AS found,
		coalesce(t.quantity, 0)::text AS wanted, 'incoming, in transit' AS detail
	FROM coming AS c FULL JOIN transit AS t ON t.document = c.document AND t.sku = c.sku AND t.node_id = c.node_id
	WHERE coalesce(c.quantity, 0) <> coalesce(t.quantity, 0)
	UNION ALL
	SELECT document || '|' || sku, expected::text || '/' || received::text, '0', 'expected/received below 0'
	FROM incoming WHERE expected < 0 OR received < 0
) AS broken
ORDER BY 1 LIMIT 100`
