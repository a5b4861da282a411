// Package sandbox makes the outside systems that come with Waybill misbehave. A Box stands between an adapter's server and its
// handlers: a call that reaches it may be delayed, fail, be refused, arrive twice, late, or take effect while its answer is lost,
// as its dials say. Dials are turned while the system runs, over waybill.sandbox.v1.
//
// What happens to a call is drawn from a seed in the order in which calls arrive, and what happens to an element of a set from the
// seed and the element alone. A Box also stands on the other side, between a sandbox and whom it reports to.
package sandbox
