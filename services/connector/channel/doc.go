// Package channel is a sandbox of the portals in which customers look at their orders, behind the contract of the channel connector: it
// takes notices of orders that are about to be confirmed, each once, and withdrawals. It stands for somebody else's systems, with a
// database of its own: killing it loses nothing.
//
// Owns: notice. Listens to nothing, tells nothing.
package channel
