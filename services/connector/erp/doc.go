// Package erp is a sandbox ERP behind the contract of the ERP connector: it posts orders, invoices and credit memos once, counts
// how often each was sent, and knows no invoice of an order that it does not know. It stands for somebody else's system, with a
// database of its own: killing it loses nothing.
//
// Owns: posting. Listens to nothing, tells nothing.
package erp
