// Package contract holds the tests of what partners and other services build on: every RPC and every event has its
// policy, a breaking change of the protos is refused, and every event that was ever stored can still be read.
package contract
