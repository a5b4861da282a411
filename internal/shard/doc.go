// Package shard gives work to replicas. Queue tables have a small fixed number of shards; a lease table says which replica
// of a group drains which of them. Nobody competes for rows, and order within an aggregate comes for free.
//
// # Leases
//
// A replica lives as long as it renews its own row in shard_replica before expires_at, on the database's clock. A lease
// is a row in shard_lease: shard, epoch, holder. It is free when its holder is gone or has given it back, and whoever
// takes it raises the epoch. Renewing touches only the replica's own row and so conflicts with no drain.
//
// # Fencing
//
// A replica that was cut off may wake up late, still believing that it owns a shard. Every transaction that writes for a
// drained row therefore calls Leases.Check first: it reads the epochs, and since all transactions are SERIALIZABLE, a
// transaction that read an old epoch cannot commit beside one of the new owner with which it conflicts. What the late
// replica published is harmless: consumers know ids, sequences and versions.
//
// # Sharing
//
// Each replica aims at its fair part, ceil(shards / live replicas): it gives back what it has above that and takes free
// shards up to it. A replica that stops gives back at once; one that dies costs one lease time.
package shard
