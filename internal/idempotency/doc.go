// Package idempotency makes a repeated request have one effect. A record of (principal, method, request id) is stored in
// the transaction of the effect, with a hash of what was asked and with what was answered:
//
//   - the same key with the same content gets the stored answer,
//   - the same key with other content is refused with REQUEST_ID_REUSED,
//   - a repeat that arrives while the first is under way waits for the first one's commit, because both write the same
//     row: at SERIALIZABLE one of them runs again and then finds the record,
//   - a request that is refused or fails stores nothing, so it may be mended and sent again under its key.
//
// KeepSwept deletes records that are past their time; it runs beside every role that has a database.
//
// Ordinary RPCs use Once. Handlers that work on sets use Load, compare with Hash, and Save, all in one transaction.
// Keys between services are kept on the object that they made (the claim, the reservation) and not here.
package idempotency
