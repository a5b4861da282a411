// Package domain decides what becomes of orders to warehouses: what a report of a warehouse changes, what a shipment
// holds, when an order is done. Everything here is pure; a Book holds what a set of commands needs and what it changed.
package domain
