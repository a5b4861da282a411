// Package tms is a sandbox of a transport management system behind the contract of the TMS connector: a table of carriers with what
// they cost and how long they take at home, nearby and overseas. It stands for somebody else's system.
//
// Owns no tables. Listens to nothing, tells nothing. The same question gets the same answer.
package tms
