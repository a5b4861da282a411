// Package outside stands between a service and a connector to somebody else's system. A Guard bounds what the service asks of
// it: how long a call may take, how many are under way, how many begin in a second; and when too many fail, its breaker lets none
// through for a while, so that a system which is away costs nothing and is not flooded when it comes back.
//
//	call ──▶ breaker open? ──▶ a turn (rate) ──▶ a place (concurrency) ──▶ breaker's permit ──▶ the connector, with a deadline
//	             │ OUTSIDE_AWAY     │ OUTSIDE_BUSY     │ OUTSIDE_BUSY                                   │ its answer or its fault
//
// A guard never repeats a call. What it holds back is told as Unavailable or Exhausted with the time to wait, which is what the
// queue or the process that called waits before it asks again. An answer counts as such whatever it says; only a call without
// one (unavailable, too late, broken) is a failure. RESOURCE_EXHAUSTED is neither: the system lives and asks for a pause, and
// every caller of the guard gets it.
package outside
