// Package observe says what happened while it happens: spans for a tracing system, and the ids of what a log line is about.
//
// What belongs together belongs to a subject: an order, named by its id, which events carry as their correlation id. A
// subject has one trace, whose id is a hash of its name. So everybody who knows the name is in the trace: another service,
// a consumer after a restart, a process that goes on next week. Nothing is stored or handed on for it, and whether the
// trace is sampled comes out of the id as well, the same everywhere.
//
// Work is done on sets. A set has a span in a trace of its own, with a link to each of its members; a member has one span
// per set, in its own trace, with a link back. Nothing has a span per row.
//
// Without a tracer nothing of it is done: a nil *Tracer is valid, and each of its methods is a comparison.
package observe
