package fulfillment

import "github.com/waybill-dev/waybill/internal/invariant"

// lines is the table of all lines of orders to warehouses with their counters.
const lines = `(
	SELECT fulfillment_id, stage, (line->>'line')::INT8 AS number, COALESCE((line->>'service')::BOOL, false) AS service,
		(line->>'requested')::INT8 AS requested, COALESCE((line->>'picked')::INT8, 0) AS picked,
		COALESCE((line->>'packed')::INT8, 0) AS packed, COALESCE((line->>'shipped')::INT8, 0) AS shipped,
		COALESCE((line->>'shorted')::INT8, 0) AS shorted, COALESCE((line->>'cancelled')::INT8, 0) AS cancelled
	FROM (SELECT fulfillment_id, stage, jsonb_array_elements(lines) AS line FROM fulfillment) AS f
)`

// shipped is the table of all lines of shipments.
const shipped = `(
	SELECT shipment_id, fulfillment_id, (line->>'line')::INT8 AS number, (line->>'quantity')::INT8 AS quantity,
		COALESCE((line->>'service')::BOOL, false) AS service, COALESCE((line->>'unplanned')::BOOL, false) AS unplanned
	FROM (SELECT shipment_id, fulfillment_id, jsonb_array_elements(lines) AS line FROM shipment) AS s
)`

// packed is the table of all lines of cartons.
const packed = `(
	SELECT shipment_id, (line->>'line')::INT8 AS number, (line->>'quantity')::INT8 AS quantity
	FROM (
		SELECT shipment_id, jsonb_array_elements(carton->'lines') AS line
		FROM (SELECT shipment_id, jsonb_array_elements(cartons) AS carton FROM shipment) AS c
	) AS l
)`

// Checks are the rules that the service's tables must follow at any time.
func Checks() []invariant.Check {
	return append(outboundChecks(), inboundChecks()...)
}

// outboundChecks are those of orders to warehouses and shipments.
func outboundChecks() []invariant.Check {
	return []invariant.Check{
		{
			Name: "fulfillment.counters", Rule: "requested ≥ picked ≥ packed ≥ shipped, requested ≥ shipped + shorted + cancelled",
			Examined:    invariant.Count("fulfillment"),
			Description: "A line has done more than was asked for, or a later counter is ahead of an earlier one.",
			Run: invariant.Query(`SELECT fulfillment_id::TEXT || ' line ' || number::TEXT, requested::TEXT,
				(shipped + shorted + cancelled)::TEXT, 'picked ' || picked::TEXT || ', packed ' || packed::TEXT || ', shipped ' || shipped::TEXT
				FROM ` + lines + ` AS l
				WHERE NOT (requested >= picked AND picked >= packed AND packed >= shipped AND shipped >= 0 AND shorted >= 0
					AND cancelled >= 0 AND requested >= shipped + shorted + cancelled) LIMIT 100`),
		},
		{
			Name: "fulfillment.ended", Rule: "ended ⇔ requested = shipped + shorted + cancelled on every line",
			Examined:    invariant.Count("fulfillment"),
			Description: "An order to a warehouse is done and something remains of it, or nothing remains and it is not done.",
			Run: invariant.Query(`SELECT fulfillment_id::TEXT, stage, sum(requested - shipped - shorted - cancelled)::TEXT, 'remains'
				FROM ` + lines + ` AS l GROUP BY fulfillment_id, stage
				HAVING (stage IN ('CLOSED', 'REJECTED', 'CANCELLED')) <> (sum(requested - shipped - shorted - cancelled) = 0) LIMIT 100`),
		},
		{
			Name: "fulfillment.shipped", Rule: "shipped = Σ planned shipment lines",
			Examined:    invariant.Count("fulfillment"),
			Description: "What a line counts as shipped is not what its shipments hold.",
			Run: invariant.Query(`SELECT l.fulfillment_id::TEXT || ' line ' || l.number::TEXT, l.shipped::TEXT,
				COALESCE(s.quantity, 0)::TEXT, ''
				FROM ` + lines + ` AS l LEFT JOIN (
					SELECT fulfillment_id, number, sum(quantity) AS quantity FROM ` + shipped + ` AS p
					WHERE NOT unplanned GROUP BY fulfillment_id, number
				) AS s ON s.fulfillment_id = l.fulfillment_id AND s.number = l.number
				WHERE l.shipped <> COALESCE(s.quantity, 0) LIMIT 100`),
		},
		{
			Name: "fulfillment.cartons", Rule: "Σ carton lines = Σ shipment lines of goods",
			Examined:    invariant.Count("shipment"),
			Description: "The cartons of a shipment do not hold what left.",
			Run: invariant.Query(`SELECT s.shipment_id::TEXT || ' line ' || s.number::TEXT, s.quantity::TEXT,
				COALESCE(c.quantity, 0)::TEXT, ''
				FROM (
					SELECT shipment_id, number, sum(quantity) AS quantity FROM ` + shipped + ` AS p
					WHERE NOT service GROUP BY shipment_id, number
				) AS s JOIN shipment AS h ON h.shipment_id = s.shipment_id AND h.cartons <> '[]'::JSONB LEFT JOIN (
					SELECT shipment_id, number, sum(quantity) AS quantity FROM ` + packed + ` AS p GROUP BY shipment_id, number
				) AS c ON c.shipment_id = s.shipment_id AND c.number = s.number
				WHERE s.quantity <> COALESCE(c.quantity, 0) LIMIT 100`),
		},
		{
			Name: "fulfillment.sscc", Rule: "each container code stands on one carton of one shipment",
			Examined:    invariant.Count("carton"),
			Description: "A container code is used twice, or a carton's code is not kept.",
			Run: invariant.Query(`SELECT u.sscc, u.uses::TEXT, COALESCE(c.shipment_id::TEXT, 'none'), ''
				FROM (
					SELECT carton->>'sscc' AS sscc, count(*) AS uses, max(shipment_id::TEXT) AS shipment_id
					FROM (SELECT shipment_id, jsonb_array_elements(cartons) AS carton FROM shipment) AS a
					WHERE COALESCE(carton->>'sscc', '') <> '' GROUP BY carton->>'sscc'
				) AS u LEFT JOIN carton AS c ON c.sscc = u.sscc
				WHERE u.uses <> 1 OR c.shipment_id IS NULL OR c.shipment_id::TEXT <> u.shipment_id LIMIT 100`),
		},
		{
			Name: "fulfillment.keys", Rule: "a key has one order to a warehouse, and none when it was undone",
			Examined:    invariant.Count("fulfillment"),
			Description: "A repeated request has made a second order, or an undone one was made all the same.",
			Run: invariant.Query(`SELECT request_key, count(*)::TEXT, sum(undone)::TEXT, 'orders and marks'
				FROM (SELECT request_key, 0 AS undone FROM fulfillment UNION ALL SELECT request_key, 1 AS undone FROM undone_key) AS k
				GROUP BY request_key HAVING count(*) > 1 LIMIT 100`),
		},
		{
			Name: "fulfillment.dispatch", Rule: "an order that is not handed over waits in the queue",
			Examined:    invariant.Count("fulfillment"),
			Description: "No warehouse will ever hear of an order.",
			Run: invariant.Query(`SELECT f.fulfillment_id::TEXT, f.stage, 'no dispatch row', ''
				FROM fulfillment AS f LEFT JOIN dispatch AS d ON d.fulfillment_id = f.fulfillment_id
				WHERE f.stage = 'CREATED' AND d.fulfillment_id IS NULL AND f.stop = '' LIMIT 100`),
		},
	}
}
