package fulfillment

import "github.com/waybill-dev/waybill/internal/invariant"

// receiptLines is the table of all lines of receipts.
const receiptLines = `(
	SELECT receipt_id, state, (line->>'position')::INT8 AS position, COALESCE((line->>'received')::INT8, 0) AS received,
		COALESCE((line->>'damaged')::INT8, 0) AS damaged, COALESCE((line->>'on_hold')::INT8, 0) AS on_hold,
		COALESCE(line->'by', '{}'::JSONB) AS documents
	FROM (SELECT receipt_id, state, jsonb_array_elements(lines) AS line FROM receipt) AS r
)`

// receiptDocuments is the table of the counters of all documents of receipts.
const receiptDocuments = `(
	SELECT receipt_id, position, COALESCE((counters->>'received')::INT8, 0) AS received,
		COALESCE((counters->>'damaged')::INT8, 0) AS damaged, COALESCE((counters->>'on_hold')::INT8, 0) AS on_hold
	FROM (
		SELECT receipt_id, position, documents->document AS counters
		FROM (SELECT receipt_id, position, documents, jsonb_object_keys(documents) AS document FROM ` + receiptLines + ` AS l) AS k
	) AS d
)`

// returnLines is the table of all lines of returns.
const returnLines = `(
	SELECT return_id, (line->>'position')::INT8 AS position, COALESCE(line->>'shipment_line', '') AS shipment_line,
		COALESCE((line->>'service')::BOOL, false) AS service, COALESCE((line->>'authorized')::INT8, 0) AS authorized,
		COALESCE((line->>'voided')::INT8, 0) AS voided, COALESCE((line->>'received')::INT8, 0) AS received,
		COALESCE((line->>'blind')::INT8, 0) AS blind, COALESCE((line->>'uninspected')::INT8, 0) AS uninspected,
		COALESCE((line->>'restocked')::INT8, 0) AS restocked, COALESCE((line->>'on_hold')::INT8, 0) AS on_hold,
		COALESCE((line->>'damaged')::INT8, 0) AS damaged, COALESCE((line->>'scrapped')::INT8, 0) AS scrapped,
		COALESCE((line->>'to_vendor')::INT8, 0) AS to_vendor, COALESCE((line->>'credited')::INT8, 0) AS credited,
		COALESCE((line->>'credit_issued')::INT8, 0) AS credit_issued
	FROM (SELECT return_id, jsonb_array_elements(lines) AS line FROM customer_return) AS r
)`

// inboundChecks are those of receipts and returns.
func inboundChecks() []invariant.Check {
	return append(returnChecks(),
		invariant.Check{
			Name: "fulfillment.receipts", Rule: "received = Σ documents, damaged + on hold ≤ received",
			Examined:    invariant.Count("receipt"),
			Description: "What a line of a receipt counts is not what the documents say, or more is unfit than has come.",
			Run: invariant.Query(`SELECT l.receipt_id::TEXT || ' line ' || l.position::TEXT, l.received::TEXT,
				COALESCE(d.received, 0)::TEXT, 'damaged ' || l.damaged::TEXT || ', on hold ' || l.on_hold::TEXT
				FROM ` + receiptLines + ` AS l LEFT JOIN (
					SELECT receipt_id, position, sum(received) AS received, sum(damaged) AS damaged, sum(on_hold) AS on_hold
					FROM ` + receiptDocuments + ` AS c GROUP BY receipt_id, position
				) AS d ON d.receipt_id = l.receipt_id AND d.position = l.position
				WHERE l.received <> COALESCE(d.received, 0) OR l.damaged <> COALESCE(d.damaged, 0)
					OR l.on_hold <> COALESCE(d.on_hold, 0) OR l.damaged + l.on_hold > l.received LIMIT 100`),
		},
		invariant.Check{
			Name: "fulfillment.receipt_states", Rule: "EXPECTED and CANCELLED ⇒ nothing received",
			Examined:    invariant.Count("receipt"),
			Description: "Goods have come on a receipt that does not show it.",
			Run: invariant.Query(`SELECT receipt_id::TEXT, state, sum(received)::TEXT, 'received' FROM ` + receiptLines + ` AS l
				WHERE state IN ('EXPECTED', 'CANCELLED') GROUP BY receipt_id, state HAVING sum(received) > 0 LIMIT 100`),
		})
}

func returnChecks() []invariant.Check {
	return []invariant.Check{
		{
			Name: "fulfillment.returnable", Rule: "L3: Σ authorized − Σ voided ≤ shipped, per shipment line",
			Examined:    invariant.Count("return_allowance"),
			Description: "More may come back of a shipment line than was shipped, or its allowance is not what its returns say.",
			Run: invariant.Query(`SELECT s.shipment_line, (s.authorized - s.voided)::TEXT, COALESCE(p.quantity, 0)::TEXT,
				'allowance ' || COALESCE(a.authorized - a.voided, 0)::TEXT
				FROM (
					SELECT shipment_line, sum(authorized) AS authorized, sum(voided) AS voided
					FROM ` + returnLines + ` AS l WHERE shipment_line <> '' GROUP BY shipment_line
				) AS s LEFT JOIN return_allowance AS a ON a.shipment_line_id = s.shipment_line LEFT JOIN (
					SELECT line->>'id' AS id, (line->>'quantity')::INT8 - COALESCE((line->>'absorbed')::INT8, 0) AS quantity
					FROM (SELECT jsonb_array_elements(lines) AS line FROM shipment) AS h
				) AS p ON p.id = s.shipment_line
				WHERE s.authorized - s.voided > COALESCE(p.quantity, 0) OR s.authorized <> COALESCE(a.authorized, 0)
					OR s.voided <> COALESCE(a.voided, 0) OR s.authorized > 0 AND a.shipped <> p.quantity LIMIT 100`),
		},
		{
			Name: "fulfillment.returned", Rule: "received = restocked + on hold + damaged + scrapped + to vendor + uninspected",
			Examined:    invariant.Count("customer_return"),
			Description: "The parts of what came back do not add up.",
			Run: invariant.Query(`SELECT return_id::TEXT || ' line ' || position::TEXT, received::TEXT,
				(restocked + on_hold + damaged + scrapped + to_vendor + uninspected)::TEXT, ''
				FROM ` + returnLines + ` AS l
				WHERE received <> restocked + on_hold + damaged + scrapped + to_vendor + uninspected OR restocked < 0 OR on_hold < 0
					OR damaged < 0 OR scrapped < 0 OR to_vendor < 0 OR uninspected < 0 LIMIT 100`),
		},
		{
			Name: "fulfillment.blind", Rule: "L3: received ≤ authorized − voided + blind",
			Examined:    invariant.Count("customer_return"),
			Description: "More came back than was authorised, and it is not counted as blind.",
			Run: invariant.Query(`SELECT return_id::TEXT || ' line ' || position::TEXT, received::TEXT,
				(authorized - voided + blind)::TEXT, 'voided ' || voided::TEXT FROM ` + returnLines + ` AS l
				WHERE received > authorized - voided + blind OR voided < 0 OR voided > authorized OR blind < 0 LIMIT 100`),
		},
		{
			Name: "fulfillment.credited", Rule: "credit issued ≤ credited ≤ inspected and authorized − voided",
			Examined:    invariant.Count("customer_return"),
			Description: "More is to be credited than came back with leave, or was credited than was to be.",
			Run: invariant.Query(`SELECT return_id::TEXT || ' line ' || position::TEXT, credited::TEXT,
				(authorized - voided)::TEXT, 'inspected ' || (received - uninspected)::TEXT || ', issued ' || credit_issued::TEXT
				FROM ` + returnLines + ` AS l
				WHERE credited < 0 OR credit_issued < 0 OR credit_issued > credited OR credited > authorized - voided
					OR NOT service AND credited > received - uninspected LIMIT 100`),
		},
	}
}
