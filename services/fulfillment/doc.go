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
// Owns: fulfillment, shipment, carton, undone_key, dispatch, parked_report, fulfillment_exception, wave, wave_queue, sscc_counter,
// and the tables of receipts and returns. Listens to masterdata.item, masterdata.node (the copies of items and places) and
// billing.credit_memo (returns). Tells fulfillment.fulfillment.created, .sent, .acknowledged, .rejected, .picked, .shorted,
// .cancelled, .cancel_refused, .closed; fulfillment.shipment.manifested, .voided, .shipped, .carrier_assigned, .in_transit,
// .delivered, .lost, .returned_to_sender; and the events of receipts and returns.
//
// Who reads them: inventory moves stock by .shipped (not of a shipment that absorbs another: its goods have left before) and gives
// back by .shorted, .rejected, .cancelled; billing invoices the planned lines of .shipped; order follows all quantities.
package fulfillment
