// Package erp is a sandbox ERP behind the contract of the ERP connector: it says whether customers' terms are right, posts orders,
// what of them will not be shipped, invoices, credit memos and write-offs once, counts how often each was sent, and takes nothing about
// an order that it does not know. What people have put into it of items, customers and prices it gives out as a feed of states, in the
// order of change, unchecked. It stands for somebody else's system, with a database of its own: killing it loses nothing.
//
// A customer is known and may buy on any terms until a person says otherwise (waybill.sandbox.v1.SandboxErpService).
//
// Owns: posting, account, master. Listens to nothing, tells nothing.
package erp
