// Package operations shows people what happens and what needs them: it keeps every event of the mesh, tells each order's
// timeline, and holds the exceptions.
//
// # Events
//
// One consumer per publishing service takes all its events, and keeps each in the archive as it travelled, for as long as is
// configured: past what the streams keep, and with types that this binary does not know. Replay and rebuild read from there.
//
// # Timelines
//
// An event stands on the timeline of the order that it names, in its payload or as its correlation. One that names none, such
// as a payment, stands on the timelines of the orders to which the things that it names belong; that a thing belongs to an
// order is said by the events of the thing. All of it is made from events alone and only ever added to, so in whatever order
// events of different aggregates come, the tables are the same in the end, byte for byte.
//
// What brought an event about is the event that its publisher names; where it names none, the table of words says what such an
// event follows: the shipment of the invoice's draft, the order of the reservation.
//
// Both clocks are kept. Entries stand in the order of recording, and what was known at a past moment is what had been recorded.
//
// # Dead letters
//
// An event that a service could not handle stays in that service's database. Its events say so, and open and end an exception here;
// to list, show, retry or skip, the services are asked (internal/delivery), which keep and tell who decided and why.
//
// Owns: archived_event, known_order, order_link, timeline_event, timeline_entry, mention; exception, exception_step,
// exception_command, awaited_invoice. Listens to all events of all services. Tells operations.exception.opened, .assigned,
// .resolved.
package operations
