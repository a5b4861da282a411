package domain

import (
	"fmt"
	"slices"
)

// Line is where the units of one order line are, as base quantities. Each unit is in exactly one bucket (L1):
//
//	ordered = open + backordered + reserved + released + shipped + cancelled, none below zero
//
// and no unit is invoiced before it is shipped (L2): invoiced ≤ shipped.
type Line struct {
	// Service lines have no stock: they are reserved without a place and go with the first shipment.
	Service bool `json:"service,omitempty"`
	// ShipTo tells lines apart that go to different places: 0 where the order goes. Lines with one number go together.
	ShipTo int `json:"ship_to,omitempty"`

	Ordered     int64 `json:"ordered"`
	Open        int64 `json:"open,omitempty"`
	Backordered int64 `json:"backordered,omitempty"`
	Reserved    int64 `json:"reserved,omitempty"`
	Released    int64 `json:"released,omitempty"`
	Shipped     int64 `json:"shipped,omitempty"`
	Cancelled   int64 `json:"cancelled,omitempty"`
	Invoiced    int64 `json:"invoiced,omitempty"`

	// Ahead was invoiced by events that came before those of its shipment.
	Ahead int64 `json:"ahead,omitempty"`
	// Asking is the part for which stock is being looked for again; it was open when that began.
	Asking int64 `json:"asking,omitempty"`
	// Added is the part of Open that an amendment brought and for which stock was not looked for yet.
	Added int64 `json:"added,omitempty"`
	// Over is what was shipped beyond what was asked for, and by which Ordered has grown.
	Over int64 `json:"over,omitempty"`

	// Unwanted waits for stock at inventory though the line does not need it any more: inventory was asked to give it up and
	// has not said that it did. Unanswered is the part of it of which inventory has said nothing yet. Surplus is stock that
	// was set aside for the line beyond what waits here: see surplus.go.
	Unwanted   int64  `json:"unwanted,omitempty"`
	Unanswered int64  `json:"unanswered,omitempty"`
	Surplus    []Part `json:"surplus,omitempty"`

	// Doubt is units that left places as promised to nobody and were not given back: see Bare. Inventory may have meant another unit
	// of the place, one that had left it before. What of them is promised all the same is given back when the order ends.
	Doubt []Part `json:"doubt,omitempty"`

	// Substitutes are the items that may be sent in its place and of which none was looked for yet, the preferred one first.
	Substitutes []SKU `json:"substitutes,omitempty"`
	// Returned came back from the customer.
	Returned int64 `json:"returned,omitempty"`

	// At says where reserved, released and shipped units are or were. The sums over the places are the line's.
	At []Place `json:"at,omitempty"`
}

// Place is what one place has of a line.
type Place struct {
	Node     Node  `json:"node,omitempty"`
	Reserved int64 `json:"reserved,omitempty"`
	Released int64 `json:"released,omitempty"`
	Shipped  int64 `json:"shipped,omitempty"`
	// Stopping is the part of Released that is wanted back: cancelled when the warehouse agrees.
	Stopping int64 `json:"stopping,omitempty"`
	// Bare is the part of Released whose promise inventory has taken back: the warehouse may have the units all the same. What of it
	// the warehouse does not ship is promised to nobody.
	Bare int64 `json:"bare,omitempty"`
}

// catchUp counts as invoiced what was invoiced by events that came before those of its shipment.
func (l *Line) catchUp() {
	invoiced := min(l.Ahead, l.Shipped-l.Invoiced)
	l.Ahead -= invoiced
	l.Invoiced += invoiced
}

// Remaining is what is neither shipped nor cancelled.
func (l *Line) Remaining() int64 { return l.Open + l.Backordered + l.Reserved + l.Released }

// place finds what a place has of the line, making the entry where there is none. Services have the place without name,
// whichever warehouse ships them. The pointer is good until the next call.
func (l *Line) place(node Node) *Place {
	if l.Service {
		node = ""
	}
	for i := range l.At {
		if l.At[i].Node == node {
			return &l.At[i]
		}
	}
	l.At = append(l.At, Place{Node: node})
	return &l.At[len(l.At)-1]
}

// tidy drops places that have nothing.
func (l *Line) tidy() {
	l.At = slices.DeleteFunc(l.At, func(p Place) bool { return p.Reserved == 0 && p.Released == 0 && p.Shipped == 0 })
}

// reserve moves up to wanted units from a bucket to reserved at a node and says how many there were.
func (l *Line) reserve(from *int64, node Node, wanted int64) int64 {
	moved := min(wanted, *from)
	if moved <= 0 {
		return 0
	}
	*from -= moved
	l.Reserved += moved
	l.place(node).Reserved += moved
	return moved
}

// unreserve takes up to wanted reserved units at a node out of that bucket; the caller puts them into another.
func (l *Line) unreserve(node Node, wanted int64) int64 {
	place := l.place(node)
	moved := min(wanted, place.Reserved)
	place.Reserved -= moved
	l.Reserved -= moved
	l.tidy()
	return moved
}

// unrelease takes up to wanted released units at a node out of that bucket; the caller puts them into another. Stopped
// says how many of them are wanted back, bare how many inventory has no promise of any more.
func (l *Line) unrelease(node Node, wanted int64) (moved, stopped, bare int64) {
	place := l.place(node)
	moved = min(wanted, place.Released)
	stopped = min(moved, place.Stopping)
	bare = min(moved, place.Bare)
	place.Released -= moved
	place.Stopping -= stopped
	place.Bare -= bare
	l.Released -= moved
	return moved, stopped, bare
}

// verify is nil when the line keeps L1 and L2 and its places add up.
func (l *Line) verify() error {
	for _, bucket := range []int64{
		l.Open, l.Backordered, l.Reserved, l.Released, l.Shipped, l.Cancelled, l.Invoiced, l.Ahead, l.Asking, l.Added, l.Over, l.Returned,
		l.Unwanted, l.Unanswered,
	} {
		if bucket < 0 {
			return fmt.Errorf("a bucket is below zero: %+v", *l)
		}
	}
	if sum := l.Remaining() + l.Shipped + l.Cancelled; sum != l.Ordered {
		return fmt.Errorf("L1: ordered %d, buckets %d: %+v", l.Ordered, sum, *l)
	}
	if l.Invoiced > l.Shipped {
		return fmt.Errorf("L2: invoiced %d, shipped %d", l.Invoiced, l.Shipped)
	}
	var reserved, released, shipped int64
	for _, place := range l.At {
		reserved, released, shipped = reserved+place.Reserved, released+place.Released, shipped+place.Shipped
		if place.Reserved < 0 || place.Released < 0 || place.Shipped < 0 || place.Stopping < 0 || place.Stopping > place.Released ||
			place.Bare < 0 || place.Bare > place.Released {
			return fmt.Errorf("place %q is wrong: %+v", place.Node, place)
		}
		if l.Service && place.Node != "" {
			return fmt.Errorf("a service has stock at %q", place.Node)
		}
	}
	if reserved != l.Reserved || released != l.Released || shipped != l.Shipped {
		return fmt.Errorf("places do not add up to the line: %+v", *l)
	}
	return nil
}

// Verify is nil when every line keeps the invariants. A save refuses an order that does not: it is the last line of
// defence, and its failure a defect.
func (o *Order) Verify() error {
	for i := range o.Lines {
		if err := o.Lines[i].verify(); err != nil {
			return fmt.Errorf("order %s line %d: %w", o.ID, i+1, err)
		}
	}
	return nil
}
