// Package domain decides what customers owe: credit claims, what of an order is still open, what a shipment costs, and how
// an issued invoice is posted. It is pure: sets of rows go in, changed rows come out.
package domain
