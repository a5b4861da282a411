// Package database is the only way to a database: connections, the one transaction helper, migrations, and what an
// error of the server means. It serves PostgreSQL 15 and newer and CockroachDB 20.1 and newer with the same SQL.
//
// # Transactions
//
// Tx runs a closure at SERIALIZABLE and runs the whole of it again, from a fresh BEGIN, when the server found it in
// conflict with another: on 40001, on 40P01 (PostgreSQL's deadlock), and when COMMIT itself fails with one of them.
// A closure therefore makes no RPC, publishes nothing and changes nothing that it captured: what it computes, it
// returns. The test databases run every closure twice and roll the first run back, to prove it.
//
// # A commit that nobody answered
//
// When the connection breaks after COMMIT was sent and before its answer came, nobody but the database knows whether
// the transaction is stored. Tx never runs such a closure again, since its effect could then happen twice. It returns
// the fault COMMIT_UNKNOWN (Unavailable): the caller repeats the request with the same request id, and the
// idempotency record, which was or was not stored together with the effect, decides. Consumers have their cursor in
// the same transaction, and drains find the row still there or gone: both repeat safely too.
//
// # Nudges
//
// Transaction.Notify wakes listeners in this process after the commit. It is a hint, lost in a crash and never sent
// between replicas: whoever listens polls as well.
package database
