// Package rpc is the one way in which services call each other: gRPC with the contract's policy enforced on every call.
//
// What a server does with a call, in this order:
//
//  1. It finds out which service calls: by the SPIFFE id of the mutual TLS connection, or, in plain text on loopback and
//     unix sockets only, by the header waybill-caller. The gateway, and nobody else, may act on behalf of somebody: it
//     forwards principal, partner and scopes.
//  2. It asks the policy in the contract: is this caller allowed, has whoever is behind the gateway the scope, how long
//     may it take.
//  3. It validates the request by the rules in the contract; every breach is named with its field.
//  4. It runs the handler, and catches its panics.
//  5. It turns the outcome into a status. Faults travel whole: kind, reason, message, fields, delay, facts. Everything
//     else leaves as Internal with a generic text and an error id, and is logged once, whole, under that id.
//
// A client turns statuses back into faults, so that a handler sees the same error whether the callee is near or far. It
// never repeats a call: retries live in one layer, and this is not it.
package rpc
