// Package operations shows people what happens and what needs them: it keeps every event of the mesh, tells each order's
// timeline, and holds the exceptions.
//
// # Archive
//
// One follower takes the events of all publishing services, one replica at a time, and keeps each as it travelled, for as long
// as is configured: past what the streams keep, and with types that this binary does not know. The events of a set are packed
// into one row, a segment; one more row for each order that they name says where to find it. Nothing else is written for an
// event that nobody has to see to. An event that stands twice in a stream is kept twice and told once.
//
// # Timelines
//
// Timelines are not stored: they are read from the archive when somebody asks. An event stands on the timeline of the order that
// it names, in its payload or as its correlation. One that names none, such as a payment, stands on the timelines of the
// orders to which the things that it names belong; that a thing belongs to an order is said by the events of the thing. So in
// whatever order events of different aggregates come, the timelines are the same in the end, byte for byte.
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
// # Masters from the ERP
//
// What the ERP says of an item, a customer or a price and was not taken stays with masterdata. Its events open and end an exception
// here; to try it again or to give it up, masterdata is asked.
//
// # Documents that the ERP refuses
//
// They stay with backoffice. Its events open an exception here, note who has one sent again, and end it when the ERP has the document; to
// send it again, backoffice is asked.
//
// # Replay
//
// Consumers that lack events get them out of the archive. The services say what their consumers take, decide what becomes of each
// event, and tell of it; nothing is replayed to this service itself.
//
// # Reconciliation
//
// The books of all services are compared when it is due or asked for, by the rules of each and the equations between them
// (internal/reconcile):
//
//	first look ──▶ all that was committed is published and taken ──▶ second look: the same, and nothing under way ──▶ break
//	                └ not in time: nothing is decided                                                             ▲     │ found no more
//	                                                                                            found again       └ CLOSED
//
// A break is told, opens its exception, and suggests a typed repair, which the owning service carries out by command.
//
// Owns: event_segment, event_link; exception, exception_step, exception_command, trouble_event, awaited_invoice; reconciliation,
// reconciliation_break, reconciliation_repair. Listens to all events of all services. Tells operations.exception.opened, .assigned,
// .resolved, operations.reconciliation.break_found, .break_repaired, .break_closed, .completed.
package operations
