// Package store keeps orders, their processes and the copies of the master data. It works on sets: one statement per
// table, whatever the size of the set. A save refuses an order that breaks its invariants.
package store
