// Package domain decides about stock: what may be promised, from where, and what facts from the warehouses do to it. A
// Shelf is the part of the world that a transaction has loaded; commands change it in memory, one after the other, and it
// says afterwards what has to be saved and told. Nothing here knows a database, a clock or a proto.
package domain

import (
	"cmp"
	"strings"
	"time"
)

// SKU names an item by the spelling that master data stored first.
type SKU string

// NodeID names a place that holds stock. Empty: nowhere yet, for demand that waits.
type NodeID string

// Nowhere is where demand waits.
const Nowhere NodeID = ""

// OrderID names a sales order.
type OrderID string

// Item is what stock-keeping needs to know of an item.
type Item struct {
	SKU      SKU
	Goods    bool
	Scale    int
	BaseUnit string
	// LotTracked stock is kept by lot.
	LotTracked bool
}

// ItemKey is what two codes of one item have in common: case does not matter.
func ItemKey[Code ~string](code Code) string { return strings.ToLower(string(code)) }

// Node is what sourcing needs to know of a place.
type Node struct {
	ID NodeID
	// Priority decides between equal choices: the smaller number ships.
	Priority int64
	// Inactive places serve no new promises.
	Inactive bool
}

// CompareNodes orders nodes by preference.
func CompareNodes(a, b Node) int {
	return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.ID, b.ID))
}

// StockKey names the stock of an item in a place.
type StockKey struct {
	SKU  SKU
	Node NodeID
}

// CompareStock is the order in which balances are locked and listed.
func CompareStock(a, b StockKey) int {
	return cmp.Or(cmp.Compare(a.SKU, b.SKU), cmp.Compare(a.Node, b.Node))
}

// String is the key as it names the stock's events: "<sku>|<node>".
func (k StockKey) String() string { return string(k.SKU) + "|" + string(k.Node) }

// Balance is the stock of an item in a place. All quantities are base quantities.
type Balance struct {
	StockKey
	// OnHand is physically there; QualityHold and Damaged are parts of it that are not for sale.
	OnHand, QualityHold, Damaged int64
	// Reserved is promised; Picked is the part of it that has been taken from the shelf and not shipped.
	Reserved, Picked int64
	// Unverified is the part of QualityHold that a picker did not find: a count decides whether it is there.
	Unverified int64
	// CountedTo is the moment of the newest count or snapshot: what happened until then is in it. Zero: never counted.
	// Of items with lots each lot has its own.
	CountedTo time.Time
	// Frozen stock is not promised until it has been counted: a fact about it could not be true.
	Frozen bool
	// Stale: nobody has said for too long what is there, and a buffer is kept back; see Freshness.
	Stale     bool
	Freshness Freshness
	// Version counts the changes; Sequence the stock's events.
	Version, Sequence int64
	// AsOf is when the newest change was recorded.
	AsOf time.Time
}

// Available is I1: what is there, fit for sale and promised to nobody.
func (b Balance) Available() int64 { return b.OnHand - b.QualityHold - b.Damaged - b.Reserved }

// Sellable is what may be promised of the balance in the node, or in a node that is not known when it is nil, where so much
// is kept back beside the buffer of stale stock. Queries, events and Reserve all use it, so that they cannot disagree.
func (b Balance) Sellable(node *Node, safety int64) int64 {
	if b.Frozen || node == nil || node.Inactive {
		return 0
	}
	return max(b.Available()-b.KeptBack(safety), 0)
}

// stock is a balance on the shelf, with what has happened to it.
type stock struct {
	Balance
	node      *Node
	safety    SafetyStocks
	changed   bool
	refreshed bool // its freshness has changed
	movements []Movement
	// lots is nil for items without lots.
	lots map[string]*Lot
	// thawing: it was frozen when it was loaded.
	thawing bool
	// restocked: stock was added just now. It may serve demand that the place was excluded from before.
	restocked bool
	// impossible are the facts for which it was frozen.
	impossible []*Deferred
	// snapshots are those that were applied.
	snapshots []*SnapshotApplied
}

func (s *stock) reserve(change int64) {
	s.changed = s.changed || change != 0
	s.Reserved += change
}

func (s *stock) pick(change int64) {
	s.changed = s.changed || change != 0
	s.Picked += change
}
