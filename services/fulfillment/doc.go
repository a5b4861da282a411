// Package fulfillment hands orders to warehouses and keeps what they report: picks, shorts, shipments, answers to
// requests to stop.
//
// What a warehouse reports is a fact and always recorded. Counters count from the beginning and are merged by maximum, so
// repeats and any order of arrival give the same state; a report implies all earlier stages. Per line holds
// requested ≥ picked ≥ packed ≥ shipped and requested ≥ shipped + shorted + cancelled; an order closes when the latter is
// an equality on all its lines. What is shipped beyond that stands on an unplanned line of its shipment and in no counter.
//
//	CREATED ──▶ SENT ──▶ ACKNOWLEDGED ──▶ IN_PROGRESS ──▶ CLOSED   shipped or short; SHIPPED and CLOSED are one step
//	   │         └────────┴── REJECTED ◀──┘
//	   └── cancelled before the hand-over began ──▶ CANCELLED ◀── the warehouse has stopped it
//
// A request to stop does not move the stage: while it is open the order shows as CANCEL_REQUESTED, reports go on, and each
// request gets one answer: cancelled, cancel_refused or rejected. Services need no warehouse: they go with the first
// shipment of their order, an order of services alone is shipped by the transaction that makes it.
//
// The dispatch queue holds what warehouses have to be told. Its drain notes durably that a call begins before it makes it:
// an order that may be known outside is never cancelled without asking.
//
// Owns: fulfillment, shipment, carton, undone_key, dispatch. Listens to nothing. Tells: fulfillment.fulfillment.created,
// .sent, .acknowledged, .rejected, .picked, .shorted, .cancelled, .cancel_refused, .closed, and fulfillment.shipment.shipped.
package fulfillment
