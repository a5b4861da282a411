package inventory

import (
	"github.com/waybill-dev/waybill/internal/invariant"
)

// Checks are the rules that the tables of this service follow at any time.
func Checks() []invariant.Check {
	return append(append(physicalChecks(), promiseChecks()...), []invariant.Check{
		{
			Name: "inventory.I1", Rule: "on_hand − quality_hold − damaged − reserved ≥ 0",
			Examined:    invariant.Count("balance"),
			Description: "More is promised than is there.", Run: invariant.Query(checkAvailable),
		},
		{
			Name: "inventory.I2", Rule: "on_hand, quality_hold, damaged, reserved, picked, unverified ≥ 0; picked ≤ reserved; unverified ≤ quality_hold",
			Examined:    invariant.Count("balance"),
			Description: "A balance holds a quantity that cannot be.", Run: invariant.Query(checkPositive),
		},
		{
			Name: "inventory.I3", Rule: "balance = fold of its movements",
			Examined:    invariant.Count("movement"),
			Description: "Stock changed without a posting in the ledger.", Run: invariant.Query(checkLedger),
		},
		{
			Name: "inventory.I4", Rule: "reserved = Σ remaining, picked = Σ picked of the claims",
			Examined:    invariant.Count("balance"),
			Description: "What is promised drifted from the promises.", Run: invariant.Query(checkReserved),
		},
		{
			Name: "inventory.R1", Rule: "quantity = remaining + consumed + given_back",
			Examined:    invariant.Count("claim"),
			Description: "A unit of a promise was resolved twice, or is lost.", Run: invariant.Query(checkClaims),
		},
		{
			Name: "inventory.waiting", Rule: "the queue = what remains of the claims without a place",
			Examined:    invariant.Count("claim"),
			Description: "Demand waits that nobody will serve, or is served that does not wait.",
			Run:         invariant.Query(checkWaiting),
		},
		{
			Name: "inventory.keys", Rule: "one reservation per key, and one header for every claim",
			Examined:    invariant.Count("reservation"),
			Description: "A request had its effect twice.", Run: invariant.Query(checkKeys),
		},
		{
			Name: "inventory.frozen", Rule: "frozen ⇔ a fact is deferred",
			Examined:    invariant.Count("balance"),
			Description: "Stock is frozen for no reason, or promised although a fact about it cannot be true.",
			Run:         invariant.Query(checkFrozen),
		},
	}...)
}

// promiseChecks are the rules of what limits promises: safety stock, quotas and holds.
func promiseChecks() []invariant.Check {
	return []invariant.Check{
		{
			Name: "inventory.quota", Rule: "a quota's reserved = Σ remaining of the channel's claims in places",
			Examined:    invariant.Count("channel_quota"),
			Description: "A channel may reserve more or less than its quota says.", Run: invariant.Query(checkQuotas),
		},
		{
			Name: "inventory.soft", Rule: "soft reservations ⇔ their rows by item; they never wait; what ended holds nothing",
			Examined:    invariant.Count("soft"),
			Description: "A hold will not end by itself, waits for stock, or holds stock after its end.",
			Run:         invariant.Query(checkSoft),
		},
		{
			Name: "inventory.safety", Rule: "what is kept back is kept of goods, in places that there are",
			Examined:    invariant.Count("safety_stock"),
			Description: "Stock is kept back of something that this service does not know.",
			Run:         invariant.Query(checkSafety),
		},
	}
}

const checkAvailable = `
SELECT sku || '|' || node_id, (on_hand - quality_hold - damaged)::text, reserved::text, ''
FROM balance WHERE on_hand - quality_hold - damaged - reserved < 0
ORDER BY 1 LIMIT 100`

const checkPositive = `
SELECT sku || '|' || node_id, picked::text, reserved::text,
	'on_hand ' || on_hand::text || ', quality_hold ' || quality_hold::text || ', damaged ' || damaged::text
FROM balance
WHERE on_hand < 0 OR quality_hold < 0 OR damaged < 0 OR reserved < 0 OR picked < 0 OR picked > reserved
	OR unverified < 0 OR unverified > quality_hold
ORDER BY 1 LIMIT 100`

// The buckets of the outside world stand on one side of most movements only; inside a balance both may.
const checkLedger = `
WITH entry AS (
	SELECT sku, node_id, to_bucket AS bucket, quantity FROM movement
	UNION ALL
	SELECT sku, node_id, from_bucket, -quantity FROM movement
), folded AS (
	SELECT sku, node_id,
		sum(CASE WHEN bucket IN ('SELLABLE', 'QUALITY_HOLD', 'DAMAGED') THEN quantity ELSE 0 END)::int8 AS on_hand,
		sum(CASE WHEN bucket = 'QUALITY_HOLD' THEN quantity ELSE 0 END)::int8 AS quality_hold,
		sum(CASE WHEN bucket = 'DAMAGED' THEN quantity ELSE 0 END)::int8 AS damaged
	FROM entry GROUP BY sku, node_id
)
SELECT coalesce(b.sku, f.sku) || '|' || coalesce(b.node_id, f.node_id),
	coalesce(b.on_hand, 0)::text || '/' || coalesce(b.quality_hold, 0)::text || '/' || coalesce(b.damaged, 0)::text,
	coalesce(f.on_hand, 0)::text || '/' || coalesce(f.quality_hold, 0)::text || '/' || coalesce(f.damaged, 0)::text,
	'on_hand/quality_hold/damaged: balance, ledger'
FROM balance AS b FULL JOIN folded AS f ON f.sku = b.sku AND f.node_id = b.node_id
WHERE coalesce(b.on_hand, 0) <> coalesce(f.on_hand, 0) OR coalesce(b.quality_hold, 0) <> coalesce(f.quality_hold, 0)
	OR coalesce(b.damaged, 0) <> coalesce(f.damaged, 0)
ORDER BY 1 LIMIT 100`

const checkReserved = `
WITH promised AS (
	SELECT sku, node_id, sum(remaining)::int8 AS remaining, sum(picked)::int8 AS picked
	FROM claim WHERE node_id <> '' AND remaining > 0 GROUP BY sku, node_id
)
SELECT coalesce(b.sku, p.sku) || '|' || coalesce(b.node_id, p.node_id),
	coalesce(b.reserved, 0)::text || '/' || coalesce(b.picked, 0)::text,
	coalesce(p.remaining, 0)::text || '/' || coalesce(p.picked, 0)::text, 'reserved/picked: balance, claims'
FROM balance AS b FULL JOIN promised AS p ON p.sku = b.sku AND p.node_id = b.node_id
WHERE coalesce(b.reserved, 0) <> coalesce(p.remaining, 0) OR coalesce(b.picked, 0) <> coalesce(p.picked, 0)
ORDER BY 1 LIMIT 100`

const checkClaims = `
SELECT reservation_id::text || '/' || line_number::text || '/' || node_id, quantity::text,
	(remaining + consumed + given_back)::text, 'picked ' || picked::text || ', held ' || held::text
FROM claim
WHERE quantity <> remaining + consumed + given_back OR remaining < 0 OR consumed < 0 OR given_back < 0
	OR picked < 0 OR picked > remaining OR held < 0 OR held > given_back
ORDER BY 1 LIMIT 100`

const checkWaiting = `
WITH unserved AS (
	SELECT c.sku, -r.priority AS rank, c.reservation_id, c.line_number, c.remaining
	FROM claim AS c JOIN reservation AS r ON r.id = c.reservation_id
	WHERE c.node_id = '' AND c.remaining > 0
)
SELECT coalesce(w.reservation_id, u.reservation_id)::text || '/' || coalesce(w.line_number, u.line_number)::text,
	coalesce(w.quantity, 0)::text, coalesce(u.remaining, 0)::text, coalesce(w.sku, u.sku)
FROM waiting AS w FULL JOIN unserved AS u
	ON u.sku = w.sku AND u.rank = w.rank AND u.reservation_id = w.reservation_id AND u.line_number = w.line_number
WHERE coalesce(w.quantity, 0) <> coalesce(u.remaining, 0)
ORDER BY 1 LIMIT 100`

const checkKeys = `
SELECT entity, found, wanted, detail FROM (
	SELECT key AS entity, count(*)::text AS found, '1' AS wanted, 'reservations with this key' AS detail
	FROM reservation GROUP BY key HAVING count(*) > 1
	UNION ALL
	SELECT c.reservation_id::text, '0', '1', 'a claim without its reservation, or of a refused one'
	FROM claim AS c LEFT JOIN reservation AS r ON r.id = c.reservation_id AND NOT r.refused
	WHERE r.id IS NULL
) AS twice
ORDER BY 1 LIMIT 100`

const checkFrozen = `
WITH pending AS (SELECT sku, node_id, count(*) AS facts FROM deferred_fact WHERE posted_at IS NULL GROUP BY sku, node_id)
SELECT coalesce(b.sku, p.sku) || '|' || coalesce(b.node_id, p.node_id), coalesce(b.frozen, false)::text,
	coalesce(p.facts, 0)::text, 'frozen, deferred facts'
FROM balance AS b FULL JOIN pending AS p ON p.sku = b.sku AND p.node_id = b.node_id
WHERE coalesce(b.frozen, false) <> (coalesce(p.facts, 0) > 0)
ORDER BY 1 LIMIT 100`

const checkQuotas = `
WITH held AS (
	SELECT c.sku, r.channel, sum(c.remaining)::int8 AS reserved
	FROM claim AS c JOIN reservation AS r ON r.id = c.reservation_id
	WHERE c.node_id <> '' AND c.remaining > 0 AND r.channel <> '' GROUP BY c.sku, r.channel
)
SELECT q.sku || '|' || q.channel, q.reserved::text, coalesce(h.reserved, 0)::text, 'quota ' || q.quantity::text
FROM channel_quota AS q LEFT JOIN held AS h ON h.sku = q.sku AND h.channel = q.channel
WHERE q.reserved <> coalesce(h.reserved, 0)
ORDER BY 1 LIMIT 100`

const checkSoft = `
WITH held AS (
	SELECT DISTINCT c.sku, r.expires_at, c.reservation_id
	FROM claim AS c JOIN reservation AS r ON r.id = c.reservation_id WHERE r.state = 'SOFT'
)
SELECT entity, found, wanted, detail FROM (
	SELECT coalesce(s.reservation_id, h.reservation_id)::text || '/' || coalesce(s.sku, h.sku) AS entity,
		CASE WHEN s.sku IS NULL THEN '0' ELSE '1' END AS found, CASE WHEN h.sku IS NULL THEN '0' ELSE '1' END AS wanted,
		'row by item, claims of a soft reservation' AS detail
	FROM soft AS s FULL JOIN held AS h
		ON h.sku = s.sku AND h.expires_at = s.expires_at AND h.reservation_id = s.reservation_id
	WHERE s.sku IS NULL OR h.sku IS NULL
	UNION ALL
	SELECT r.key, c.remaining::text, '0', 'holds or waits, and is ' || r.state
	FROM claim AS c JOIN reservation AS r ON r.id = c.reservation_id
	WHERE c.remaining > 0
		AND (r.state IN ('EXPIRED', 'RELEASED', 'REPLACED') OR r.state = 'SOFT' AND c.node_id = '')
) AS torn
ORDER BY 1 LIMIT 100`

const checkSafety = `
SELECT s.sku || '|' || s.node_id || '|' || s.channel, s.quantity::text, '', 'unknown item or place, or a service'
FROM safety_stock AS s
LEFT JOIN item AS i ON i.sku_key = lower(s.sku) AND i.sku = s.sku
LEFT JOIN node AS n ON n.node_id = s.node_id
WHERE i.sku IS NULL OR NOT i.goods OR n.node_id IS NULL
ORDER BY 1 LIMIT 100`
