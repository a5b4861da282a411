// Package process is the order-to-cash process engine of this service. A process is a row with steps; each step is one
// call that another service is asked for. The rows exist only while the service has something to ask or a day to wait
// for: what waits for facts (a shipment, stock, a person) is the order itself, see domain.Order.Waits.
//
// # Kinds
//
// Each kind is one table in one file, with the decision on its answers beside it: Acceptance, Amendment, Clearance,
// Recheck, Release, Resource, Substitution, Withdraw. The steps of a kind do not need each other and run side by side; one
// may come last, when all others have agreed.
//
// # Rules
//
// The intent to call is stored before the call, in the transaction that starts the process. A call carries the key
// process/step/round: a retry keeps the round and gets the first answer, asking anew takes the next round. The outcome
// is stored after the call together with what it does to the order. Only the Driver changes steps: everybody else
// changes the order, and the driver, which stores its outcome under the order's version, decides on what it then finds.
//
// An answer is a refusal or a result and is final. No answer means nothing: the call is made again, later and later,
// with the same key. A step may be undone whether or not its call was answered: the callee refuses the call that comes
// after its undoing.
//
// A best-effort step asks an outside system and has a budget: what is not answered by then ends with what the backend says in
// place of an answer, and is never asked again in its round, unless it insists. It costs a set of processes at most its budget, once.
// Its undoing is best-effort too.
package process
