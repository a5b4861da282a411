// Package inventory promises stock and never a unit twice. It owns balances, the ledger of movements behind them,
// reservations, the demand that waits for stock, and the decision from where an order is served.
//
// # Balances
//
// The stock of an item in a place is one row: on_hand, quality_hold, damaged, reserved, picked.
//
//	I1  available = on_hand − quality_hold − damaged − reserved
//	I2  all of them ≥ 0, available ≥ 0, picked ≤ reserved: CHECKs in the table
//	I3  a balance is the fold of its movements, each of which leaves one bucket and enters another
//	I4  reserved = Σ remaining of the claims on it
//	I5  of a transfer: what left = what is in transit + received + lost
//
// Lots break the physical side of a balance down, for items that ask for it; promises know no lots, since the warehouse
// chooses the lot when it ships. The lots of a balance add up to it. Lots after their last day of sale are put on hold.
//
// # Counts and snapshots
//
// Both say how much was there at a moment, and only the difference to what the ledger says of that moment is posted. The
// balance remembers the newest such moment (counted_to): what happened before it and is recorded later is posted, and
// balanced at once, since the count has seen it. So the order in which counts and facts arrive does not matter:
//
//	on hand = the newest count + what happened after its moment
//
// A count is somebody who looked: it also decides about what pickers did not find (unverified), which a snapshot of a
// system does not.
//
// # Documents
//
// The key of a request is forgotten after 8 days. What names a line of a business document (adjustments, changes of status,
// transfers and their arrivals) is recorded for ever, with its contents and its answer.
//
// # Reservations
//
// A reservation is a row per key, for ever: a repeat gets the first outcome, refused ones too, and a key that was undone
// before it was seen is refused when it comes. Its claims are the quantities of its lines by place; what waits is a claim
// on no place, and stands in the queue of its item as well: the higher priority first, then the older one.
//
//	R1  quantity = remaining + consumed + given back
//
//	reserve ─▶ remaining ─picked─▶ remaining, in hand ─shipped─▶ consumed
//	   │           └─cancelled, short, revoked─▶ given back
//	   └─no stock─▶ waits ─stock arrives─▶ remaining in a place
//
// Whoever makes stock available serves the queue in the same transaction. Requests never overtake demand of the same or a
// higher priority. A request that looks anew for what was promised before keeps the age of that promise, in its id, and gives back
// in its own transaction what a place did not take (R6): so it loses neither its place in the queue nor its quota to others.
//
// # What may be promised
//
// One function says it, for query, event, reservation and waiting demand alike (domain.Balance.Sellable, Shelf.SellableTo):
//
//	sellable(channel) = max(0, available − safety stock), nothing of frozen stock or in an inactive place
//
// A channel's own safety stock counts, else the empty channel's. Its quota caps what it has reserved of an item over all
// places: the counter moves with the claims, in their transaction. A place's and the network's promises for later dates
// (domain.Promisable) take dated supply and leave what waits; domain.Market adds calendars, cut-offs, capacity and transit,
// and says of each place why it was chosen or not.
//
// # Holds
//
// A reservation may be soft: it ends by itself.
//
//	SOFT ─▶ EXPIRED   its time is over: found by a request that needs the stock (R2), or by the sweep
//	     ├▶ RELEASED  given back
//	     └▶ REPLACED  a reservation for good took its place: only before its time is over (R3, R6)
//
// Nothing of it waits, and it is revoked before other promises. Rows in the table soft find those that are due by item.
//
// # Facts
//
// What warehouses report is merged by maximum, counter by counter, and shipments are posted as they come, so that the
// order of arrival does not matter. A shipment takes what is promised to its line; the rest leaves without a promise, for
// which other promises are revoked if need be. A fact that cannot be true is kept aside, and its stock is frozen
// until a count, an adjustment or another fact makes it fit. Shipments that make others billable (absorbs_shipment_id) move
// nothing.
//
// # Events
//
// Tells inventory.reservation.{reserved, cancelled, revoked, consumed, expired, confirmed}, inventory.stock.{moved, frozen,
// unfrozen, snapshot_applied}, inventory.incoming.updated and the state inventory.availability.changed. Of holds the events
// of reservations carry the hold's id as their order. Listens to masterdata.item, masterdata.node,
// fulfillment.fulfillment and fulfillment.shipment; to fulfillment.receipt (announced, received, closed) for what is on its
// way and what came from suppliers, and to fulfillment.return (received, inspected) for what came back and what became of it.
//
// # Writers
//
// All transactions that write stock take turns within a process (see gate): any two of them are likely to meet on a row,
// and at SERIALIZABLE the second would be run for nothing.
package inventory
