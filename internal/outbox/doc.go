// Package outbox stores events with the change that they tell of, and relays them to the broker afterwards.
//
// # Events
//
// Add writes events in the business transaction. The Relay reads the rows of the shards that its replica owns, publishes
// them and deletes what the broker acknowledged, the deletion behind the fence of the leases. A crash between the two
// publishes again; the broker's window for ids and the consumers' cursors take care of it.
//
// Within an aggregate an event is published only after the broker acknowledged the one before it. Three things could
// break that, and this is what keeps it:
//
//   - An event fails: what follows it in its aggregate waits for the next pass, others flow on.
//   - A page is cut by its limit, in order of ids, which is not quite the order of sequences: the page is thrown away, and
//     the backlog is walked, one query in order of aggregate and sequence, where a cut takes away only what comes later.
//   - A scan begins at a remembered lower bound: it stays ten seconds behind. So order holds as long as clocks agree
//     within ten seconds and no transaction takes ten seconds between making its event and its commit. A full scan every
//     half minute finds what is older, and consumers wait for it.
//
// # State events
//
// AddState writes which keys have changed, one row per transaction. The relay joins the keys of all rows that are there,
// reads their newest state from the service's StateSource and publishes it over the last one that it knows of. When
// another replica was faster it reads again, so that a late relay never leaves an old state as the last.
//
// The relay is woken by the commit and correct by polling.
package outbox
