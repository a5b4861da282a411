// Package masterdata keeps what the distributor sells, to whom, from where and at which price: items with their units,
// accounts with their terms, nodes, prices.
//
// It decides little: an upsert replaces the whole entity, frozen fields stay what they were, and an entity equal to what
// is stored changes nothing. Each change raises the entity's version by one and is told as an event that carries the
// whole new state; the version is also the event's sequence. The services that must answer at once keep copies, filled
// by these events, so nobody asks here on the way of an order.
//
//	absent ──upsert──▶ version 1 ──upsert that differs──▶ version n+1
//
// Owns: item, account, node, price. Listens to nothing. Tells: masterdata.item.changed, masterdata.account.changed,
// masterdata.node.changed, masterdata.price.changed.
package masterdata
