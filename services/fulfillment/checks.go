package fulfillment

import (
	"slices"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/invariant"
)

// lines is the table of all lines of orders to warehouses with their counters.
const lines = `(
	SELECT fulfillment_id, stage, (line->>'line')::INT8 AS number, COALESCE((line->>'service')::BOOL, false) AS service,
		(line->>'requested')::INT8 AS requested, COALESCE((line->>'picked')::INT8, 0) AS picked,
		COALESCE((line->>'packed')::INT8, 0) AS packed, COALESCE((line->>'shipped')::INT8, 0) AS shipped,
		COALESCE((line->>'shorted')::INT8, 0) AS shorted, COALESCE((line->>'cancelled')::INT8, 0) AS cancelled
	FROM (SELECT fulfillment_id, stage, jsonb_array_elements(lines) AS line FROM fulfillment) AS f
)`

// Checks are the rules that the service's tables must follow at any time.
func Checks() []invariant.Check {
	return slices.Concat(outboundChecks(), shipmentChecks(), beyondChecks(), inboundChecks())
}

// outboundChecks are those of orders to warehouses.
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
			Name: "fulfillment.keys", Rule: "a key has one order to a warehouse, and none when it was undone",
			Examined:    invariant.Count("fulfillment"),
			Description: "A repeated request has made a second order, or an undone one was made all the same.",
			Run: invariant.Query(`SELECT request_key, count(*)::TEXT, sum(undone)::TEXT, 'orders and marks'
				FROM (SELECT request_key, 0 AS undone FROM fulfillment UNION ALL SELECT request_key, 1 AS undone FROM undone_key) AS k
				GROUP BY request_key HAVING count(*) > 1 LIMIT 100`),
		},
		{
			Name: "fulfillment.dispatch", Rule: "an order that is not handed over waits in the queue, or for a wave",
			Examined:    invariant.Count("fulfillment"),
			Description: "No warehouse will ever hear of an order.",
			Run: invariant.Query(`SELECT f.fulfillment_id::TEXT, f.stage, 'no dispatch row', ''
				FROM fulfillment AS f LEFT JOIN dispatch AS d ON d.fulfillment_id = f.fulfillment_id
				LEFT JOIN wave_queue AS w ON w.fulfillment_id = f.fulfillment_id
				WHERE f.stage = 'CREATED' AND d.fulfillment_id IS NULL AND w.fulfillment_id IS NULL AND f.stop = '' LIMIT 100`),
		},
		{
			Name: "fulfillment.waves", Rule: "an order waits in a planned wave of its place, and in no dispatch queue",
			Examined:    invariant.Count("wave_queue"),
			Description: "An order waits in a wave that was released or is another place's, or was handed over and waits all the same.",
			Run: invariant.Query(`SELECT q.fulfillment_id::TEXT, q.node_id, COALESCE(w.state, 'no wave'), q.wave_id::TEXT
				FROM wave_queue AS q LEFT JOIN wave AS w ON w.wave_id = q.wave_id
				LEFT JOIN dispatch AS d ON d.fulfillment_id = q.fulfillment_id AND d.kind = 'SEND'
				WHERE q.wave_id <> '` + uuid.Nil.String() + `' AND (w.state IS NULL OR w.state <> 'PLANNED' OR w.node_id <> q.node_id)
					OR d.fulfillment_id IS NOT NULL LIMIT 100`),
		},
	}
}
