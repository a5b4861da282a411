package fulfillment

import (
	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/invariant"
)

// shipped is the table of all lines of shipments that have left.
const shipped = `(
	SELECT shipment_id, fulfillment_id, (line->>'line')::INT8 AS number, (line->>'quantity')::INT8 AS quantity,
		COALESCE((line->>'service')::BOOL, false) AS service, COALESCE((line->>'unplanned')::BOOL, false) AS unplanned,
		COALESCE((line->>'over')::INT8, 0) AS over_shipped, COALESCE((line->>'absorbed')::INT8, 0) AS absorbed, absorbs
	FROM (SELECT shipment_id, fulfillment_id, absorbs, jsonb_array_elements(lines) AS line FROM shipment
		WHERE state NOT IN ('PACKED', 'MANIFESTED', 'VOIDED')) AS s
)`

// packed is the table of all lines of cartons.
const packed = `(
	SELECT shipment_id, (line->>'line')::INT8 AS number, (line->>'quantity')::INT8 AS quantity
	FROM (
		SELECT shipment_id, jsonb_array_elements(carton->'lines') AS line
		FROM (SELECT shipment_id, jsonb_array_elements(cartons) AS carton FROM shipment) AS c
	) AS l
)`

// shipmentChecks are those of shipments and cartons.
func shipmentChecks() []invariant.Check {
	return []invariant.Check{
		{
			Name: "fulfillment.states", Rule: "a shipment has one of the states, and a time once it has left",
			Examined:    invariant.Count("shipment"),
			Description: "A shipment stands nowhere, or has left at no time.",
			Run: invariant.Query(`SELECT shipment_id::TEXT, state, shipped_at::TEXT, '' FROM shipment
				WHERE (state IN ('SHIPPED', 'IN_TRANSIT', 'DELIVERED', 'LOST', 'RETURNED_TO_SENDER')) <> (shipped_at > '0002-01-01T00:00:00Z')
					OR state NOT IN ('PACKED', 'MANIFESTED', 'VOIDED', 'SHIPPED', 'IN_TRANSIT', 'DELIVERED', 'LOST', 'RETURNED_TO_SENDER')
				LIMIT 100`),
		},
		{
			Name: "fulfillment.shipped", Rule: "shipped = Σ planned shipment lines − what is beyond the order",
			Examined:    invariant.Count("fulfillment"),
			Description: "What a line counts as shipped is not what its shipments hold.",
			Run: invariant.Query(`SELECT l.fulfillment_id::TEXT || ' line ' || l.number::TEXT, l.shipped::TEXT,
				COALESCE(s.quantity, 0)::TEXT, ''
				FROM ` + lines + ` AS l LEFT JOIN (
					SELECT fulfillment_id, number, sum(quantity - over_shipped) AS quantity FROM ` + shipped + ` AS p
					WHERE NOT unplanned GROUP BY fulfillment_id, number
				) AS s ON s.fulfillment_id = l.fulfillment_id AND s.number = l.number
				WHERE l.shipped <> COALESCE(s.quantity, 0) LIMIT 100`),
		},
		{
			Name: "fulfillment.cartons", Rule: "Σ carton lines = Σ shipment lines of goods, where no flaw says otherwise",
			Examined:    invariant.Count("shipment"),
			Description: "The cartons of a shipment do not hold what left.",
			Run: invariant.Query(`SELECT s.shipment_id::TEXT || ' line ' || s.number::TEXT, s.quantity::TEXT,
				COALESCE(c.quantity, 0)::TEXT, ''
				FROM (
					SELECT shipment_id, number, sum(quantity) AS quantity FROM ` + shipped + ` AS p
					WHERE NOT service GROUP BY shipment_id, number
				) AS s JOIN shipment AS h ON h.shipment_id = s.shipment_id AND h.cartons <> '[]'::JSONB
					AND NOT h.flaws @> '[{"reason":"CARTONS_DIFFER"}]'::JSONB LEFT JOIN (
					SELECT shipment_id, number, sum(quantity) AS quantity FROM ` + packed + ` AS p GROUP BY shipment_id, number
				) AS c ON c.shipment_id = s.shipment_id AND c.number = s.number
				WHERE s.quantity <> COALESCE(c.quantity, 0) LIMIT 100`),
		},
		{
			Name: "fulfillment.sscc", Rule: "each container code is kept, and stands on one carton where no flaw says otherwise",
			Examined:    invariant.Count("carton"),
			Description: "A container code is used twice and nobody was told, or a carton's code is not kept.",
			Run: invariant.Query(`SELECT u.sscc, u.uses::TEXT, COALESCE(c.shipment_id::TEXT, 'none'), ''
				FROM (
					SELECT carton->>'sscc' AS sscc, count(*) AS uses, sum(reused) AS reused
					FROM (
						SELECT jsonb_array_elements(cartons) AS carton,
							CASE WHEN flaws @> '[{"reason":"SSCC_REUSED"}]'::JSONB THEN 1 ELSE 0 END AS reused FROM shipment
					) AS a
					WHERE COALESCE(carton->>'sscc', '') <> '' GROUP BY carton->>'sscc'
				) AS u LEFT JOIN carton AS c ON c.sscc = u.sscc
				WHERE u.uses - u.reused > 1 OR c.shipment_id IS NULL LIMIT 100`),
		},
	}
}

// beyondChecks are those of what left beyond what was asked for.
func beyondChecks() []invariant.Check {
	return []invariant.Check{
		{
			Name: "fulfillment.tolerance", Rule: "over-shipped ≤ tolerance, and is what the shipments say",
			Examined:    invariant.Count("fulfillment"),
			Description: "More than the tolerance is planned beyond what was asked for.",
			Run: invariant.Query(`SELECT l.fulfillment_id::TEXT || ' line ' || l.number::TEXT, l.over_shipped::TEXT,
				COALESCE(s.over_shipped, 0)::TEXT, 'tolerance ' || l.tolerance::TEXT
				FROM (
					SELECT fulfillment_id, (line->>'line')::INT8 AS number, COALESCE((line->>'over')::INT8, 0) AS over_shipped,
						COALESCE((line->>'tolerance')::INT8, 0) AS tolerance
					FROM (SELECT fulfillment_id, jsonb_array_elements(lines) AS line FROM fulfillment) AS f
				) AS l LEFT JOIN (
					SELECT fulfillment_id, number, sum(over_shipped) AS over_shipped FROM ` + shipped + ` AS p
					WHERE absorbs = '` + uuid.Nil.String() + `' GROUP BY fulfillment_id, number
				) AS s ON s.fulfillment_id = l.fulfillment_id AND s.number = l.number
				WHERE l.over_shipped <> COALESCE(s.over_shipped, 0) OR l.over_shipped > l.tolerance LIMIT 100`),
		},
		{
			Name: "fulfillment.absorbed", Rule: "absorbed = Σ lines of absorbing shipments ≤ Σ unplanned lines",
			Examined:    invariant.Count("shipment"),
			Description: "More unplanned goods were made billable than left, or they were made so twice.",
			Run: invariant.Query(`SELECT o.shipment_id::TEXT || ' line ' || o.number::TEXT, o.absorbed::TEXT,
				COALESCE(a.quantity, 0)::TEXT, 'unplanned ' || o.quantity::TEXT
				FROM (
					SELECT shipment_id, number, sum(absorbed) AS absorbed, sum(quantity) AS quantity FROM ` + shipped + ` AS p
					WHERE unplanned GROUP BY shipment_id, number
				) AS o LEFT JOIN (
					SELECT absorbs, number, sum(quantity) AS quantity FROM ` + shipped + ` AS q
					WHERE absorbs <> '` + uuid.Nil.String() + `' GROUP BY absorbs, number
				) AS a ON a.absorbs = o.shipment_id AND a.number = o.number
				WHERE o.absorbed <> COALESCE(a.quantity, 0) OR o.absorbed > o.quantity LIMIT 100`),
		},
	}
}
