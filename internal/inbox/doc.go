// Package inbox handles events, each once in effect and in order within its aggregate.
//
// # Cursors
//
// A consumer keeps (consumer, aggregate, last sequence) and writes it in the transaction of the effect. An event with the
// next sequence is applied, an earlier one is a duplicate, a later one waits for those before it. That is why deliveries
// may be repeated and reordered. An aggregate's first event has sequence 1.
//
// # Batches
//
// One loop per consumer and replica drains all shards that the replica owns: what has arrived, up to 256 events, is one
// transaction, and is acknowledged after its commit. Nobody waits for a batch to fill. The fence of the leases stands in
// the transaction.
//
// # Failures
//
// A batch that fails is halved until the guilty event stands alone, unless the handler names it with Blame. Then:
//
//   - A fault that says "later" (Unavailable, Exhausted, Deadline, Conflict) makes the event wait. It comes again for ever,
//     with growing, capped delays, and never counts as poison. Later events of its aggregate wait behind it.
//   - Any other error counts. After the fifth attempt the event is stored as a dead letter, and later events of its
//     aggregate are parked in a table. All other aggregates flow on. Retry hands the event in again, Skip goes on without
//     it; then the parked ones follow in order. Each of that is told by an event, delivery.message.dead_lettered, .retried,
//     .skipped, through the outbox, so that people see it in one place.
//   - While the database does not answer, everything waits.
//
// # Places
//
// What a consumer has acknowledged the broker holds in memory. Every few seconds it is stored here up to where everything
// is acknowledged; a broker that starts again delivers from there on.
//
// # Followers
//
// A Follower reads whole streams in the broker's order and stores one number for each of them in the transaction of the
// effect: no cursors, nothing at the broker. It is for who takes everything and has no use for parking.
//
// # Past retention
//
// Streams keep events for as long as the contract says. A consumer that is new after that finds aggregates whose first
// event is gone: what it finds of them is parked, visibly in waybill_inbox_parked. Replay hands in what an archive has: it puts
// events into the table of parked ones, and the cursor decides as always. Rehearse tells what their effects would be. Past what
// no archive has, a person goes with SkipGap. A consumer that follows another kind of aggregate than before reads the stream from its oldest
// event again, and its cursors recognise what was applied.
package inbox
