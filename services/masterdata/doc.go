// Package masterdata keeps what the distributor sells, to whom, from where, at which price and by which company: items with
// their units and codes, accounts with their terms, nodes with their calendars, prices, legal entities, exchange rates.
//
// It decides little: an upsert replaces the whole entity, frozen fields stay what they were, and an entity equal to what
// is stored changes nothing. Each change raises the entity's version by one and is told as an event that carries the
// whole new state; the version is also the event's sequence. Exchange rates are told per pair of currencies, so the rates of
// a pair count together. The services that must answer at once keep copies, filled by these events, so nobody asks here on
// the way of an order.
//
//	absent ──upsert──▶ version 1 ──upsert that differs──▶ version n+1
//
// What entities say about each other is checked when it is said, against the set and against what is stored: a code belongs
// to one item, substitutes are counted alike, a bill-to is the end of the line and in the same company and currency, a price
// is of an item and in one of its units. Checks names these rules for `waybill check`.
//
// Items, accounts and prices also flow in from the ERP, as a feed of states: one replica reads it, the owner of shard 0, and stores each
// page with the place after it. What cannot be taken is set aside:
//
//	told, refused ──may pass──▶ WAITING ──what it waits for came, or its time──▶ tried again ──▶ taken, or WAITING, or
//	              └─cannot────▶ STUCK ◀──tried too often── a person, or a newer state from the ERP, ends it
//
// Owns: item, account, node, price, legal entity, exchange rate, master_feed, master_set_aside. Listens to nothing. Tells
// masterdata.item.changed (order, inventory), masterdata.account.changed (order, billing), masterdata.node.changed (inventory),
// masterdata.price.changed (order), masterdata.legal_entity.changed (order, billing), masterdata.exchange_rate.changed (billing),
// masterdata.feed_entry.set_aside and .settled (operations).
package masterdata
