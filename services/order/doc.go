// Package order takes sales orders at once and exactly once, and drives each of them until it is shipped and invoiced.
//
// # Decision
//
//	RECEIVED ──▶ ACCEPTED ◀──▶ (all cancelled; what left all the same is absorbed) CANCELLED
//	   │ ▲
//	   │ └── last hold lifted ──┐
//	   ├──▶ HELD ───────────────┘   HELD, RECEIVED ──▶ CANCELLED by request
//	   └──▶ REJECTED
//
// # Quantities
//
// Every unit of a line is in one bucket; the header's status is a function of state, holds and buckets.
//
//	              ┌────────────── stock revoked ──────────────┐
//	              ▼                                           │
//	open ──▶ backordered ── stock arrived ──▶ reserved ── handed over ──▶ released ──▶ shipped
//	  │ └────────── promised ───────────────────▲                            │
//	  ▲                                                                      │
//	  └───────────────────── short, not taken: looked for anew ──────────────┘
//
//	open, backordered, reserved ──▶ cancelled at once; released ──▶ cancelled when the warehouse agrees
//
//	L1  ordered = open + backordered + reserved + released + shipped + cancelled, none below zero
//	L2  invoiced ≤ shipped
//
// What is not with a warehouse when the order's last day is over (cancel_after) is cancelled; what is with one is asked back.
//
// # Intake
//
// An order is priced by the copy of the master data as it holds on the day on which it was placed: the first of the
// account's lists that has a price for the day and the quantity, units and conversions of that day. What the order is
// invoiced from (prices, charges with their parts, addresses, the terms of the account that gets the invoices, the tax mode of
// the legal entity) is written into its snapshot once. An order whose price differs from ours by more than the account
// tolerates, or whose number another order has, may be stored held: it has no process until the hold is lifted.
//
//	P1  the parts of a charge add up to it; the discounts are at most the lines
//
// # Outside systems
//
// Where there is an ERP it is asked whether the customer's terms are right, unless it has said so within a minute. When it does not
// answer in time the order is taken on the terms that are known and remembers how old they are; one of a large value is held
// (STALE_DATA) and goes on when the ERP answers, or when a person says so. The transport
// system is asked how the goods may travel, and the portal of a channel is told when all have agreed, before the order is confirmed.
// See docs/decisions/0040.
//
// # Revisions
//
// What was ordered and at which price stands in a snapshot. An amendment of an accepted order is a process: it claims credit
// for the order as it would be, and only then the order takes the change as its next revision; a held order takes it at once.
// What a warehouse ships more within the tolerance is an amendment that the order makes of itself. The newest snapshot is what
// everything reads (sales_order); order_revision keeps all versions of the orders that were amended.
//
// # Path
//
// SubmitOrder stores a set of orders in one transaction, each with the process that decides it and its intents. The driver
// is handed the set in memory, asks billing and inventory side by side, and stores the decisions of the set in a second
// transaction, in which what can be shipped is handed over to its warehouses. See internal/process for the processes and
// internal/domain for the decisions.
//
// # Events
//
// Tells order.order.{received, accepted, rejected, held, hold_released, amended, cancelled, line_cancelled,
// line_backordered, line_allocated, completed} and order.exception.{opened, resolved}. Listens to inventory.reservation, fulfillment.fulfillment, fulfillment.shipment
// (shipped; what is over-shipped or absorbs makes the order grow), fulfillment.return (received: counted per line),
// billing.invoice (issued, paid) and masterdata.{item, account, price, legal_entity}.
package order
