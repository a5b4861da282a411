// Package fulfillment hands orders to warehouses and keeps what they report: picks, shorts, manifests, shipments, what carriers
// say of them, answers to requests to stop; and what comes in and comes back.
//
// What a warehouse reports is a fact and always recorded. Counters count from the beginning and are merged by maximum, so
// repeats and any order of arrival give the same state; a report implies all earlier stages. Per line holds
// requested ≥ picked ≥ packed ≥ shipped and requested ≥ shipped + shorted + cancelled; an order closes when the latter is
// an equality on all its lines. What is shipped beyond that is planned up to the line's tolerance, counted apart, and stands
// on an unplanned line of its shipment beyond.
//
//	CREATED ──▶ SENT ──▶ ACKNOWLEDGED ──▶ IN_PROGRESS ──▶ CLOSED   shipped or short; SHIPPED and CLOSED are one step
//	   │         └────────┴── REJECTED ◀──┘   └── closed short: the rest is free
//	   └── cancelled before the hand-over began ──▶ CANCELLED ◀── the warehouse has stopped it
//
// A request to stop does not move the stage: while it is open the order shows as CANCEL_REQUESTED, reports go on, and each
// request gets one answer: cancelled, cancel_refused or rejected. Services need no warehouse: they go with the first
// shipment of their order, an order of services alone is shipped by the transaction that makes it.
//
// At a place with waves an order waits in CREATED until a wave takes it and is released. Waves own no quantities.
//
//	PACKED ──▶ MANIFESTED ──▶ SHIPPED ──▶ IN_TRANSIT ──▶ DELIVERED │ LOST │ RETURNED_TO_SENDER
//	   └────────────┴──▶ VOIDED
//
// Stock, invoice and order follow from SHIPPED alone. What is wrong with its report is a flaw of the shipment and an exception for
// people, never a reason not to record it. Beyond SHIPPED the state is what the milestones say together, whatever the order in
// which they come. Unplanned goods are absorbed, by a shipment that moves no stock, or recovered, by a return, never both. A code
// of a carton is kept for ever, also when its shipment was voided.
//
// A report about an order or a shipment that is not known is parked and tried again; after a day it is an exception that keeps
// what was said.
//
// The dispatch queue holds what warehouses have to be told. Its drain notes durably that a call begins before it makes it:
// an order that may be known outside is never cancelled without asking.
//
// Receipts are goods that come in, announced by a supplier's notice or not. Each line is an item and lot; its counters are the
// sums of those of the place's documents, merged by maximum. What differs from the notice is recorded and shown.
//
//	EXPECTED ──▶ RECEIVING ──▶ CLOSED      what comes later is recorded, and it stays closed
//	   └── withdrawn before anything came ──▶ CANCELLED
//
// Returns are goods that come back. How much of a shipment line may is one row, locked by whoever changes it (L3); what comes
// beyond it is blind: recorded, in quality hold, not credited. Per line holds received = restocked + on hold + damaged +
// scrapped + returned to vendor + uninspected, received ≤ authorized − voided + blind, and credited ≤ authorized − voided.
// Once something has come the state is a function of the quantities.
//
//	REQUESTED ──▶ AUTHORIZED ──▶ IN_TRANSIT ──▶ RECEIVING ──▶ INSPECTED ──▶ CREDITED ──▶ CLOSED
//	    └── DECLINED ┴── CANCELLED, EXPIRED      goods that come all the same: RECEIVING, blind
//
// Owns: fulfillment, shipment, carton, undone_key, dispatch, parked_report, fulfillment_exception, wave, wave_queue, sscc_counter,
// receipt, customer_return, return_allowance; copies of item and node (item, known_node). Listens to: masterdata.item.changed and
// .node.changed, which fill the copies; billing.credit_memo.issued, which books on a return that its credit is given. Tells:
// fulfillment.fulfillment.created, .sent, .acknowledged, .rejected, .picked, .shorted, .cancelled, .cancel_refused, .closed;
// fulfillment.shipment.manifested, .voided, .shipped, .carrier_assigned, .in_transit, .delivered, .lost, .returned_to_sender;
// fulfillment.receipt.announced, .received, .closed (also for withdrawn ones); fulfillment.return.requested, .authorized,
// .declined (also for withdrawn and expired ones), .voided, .in_transit, .received, .inspected, .closed; fulfillment.exception.opened, .resolved.
//
// Who reads those of shipments: inventory moves stock by .shipped (not of a shipment that absorbs another: its goods have left
// before) and gives back by .shorted, .rejected, .cancelled; billing invoices the planned lines of .shipped; order follows all
// quantities.
package fulfillment
