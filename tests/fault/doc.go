// Package fault runs Waybill as it is run in earnest, two processes of each role on one PostgreSQL and one NATS, and breaks it
// on purpose: processes are killed at each step, connections are cut, delayed and lost in the middle of a COMMIT, the event
// bus is restarted, events come twice and out of order, outside systems go away. Then it lets everything come to rest and
// asks whether anything was lost, doubled or forgotten.
//
// docs/faults.md says what is injected, what was found, and how to run it long or again from a seed.
package fault
