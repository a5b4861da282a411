// Package reconcile holds the equations that the books of the services satisfy together, and compares them. An equation names two
// sides, each a figure: a list of quantities that one service reads from its own tables. Who compares gets the figures from a
// Source: `waybill check` reads the databases, operations asks the services. The equations are the same.
//
// Figures come in the order of what they are about and page by page, so two sides are compared as they come: the size of the
// tables costs time and no memory.
package reconcile

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/waybill-dev/waybill/internal/database"
)

// Key names what a quantity is about. Keys are in the order of their fields.
type Key struct {
	// Subject is an order, a shipment or a document, by its id on the wire. A page never ends within one.
	Subject string
	// Line is the number of an order line; 0: all of the subject.
	Line int32
	// Node is the place; empty: none in particular.
	Node string
	// Part is a part of the subject that has an id of its own, such as the line of a shipment.
	Part string
}

// Compare puts keys in their order.
func (k Key) Compare(other Key) int {
	return cmp.Or(cmp.Compare(k.Subject, other.Subject), cmp.Compare(k.Line, other.Line), cmp.Compare(k.Node, other.Node),
		cmp.Compare(k.Part, other.Part))
}

// String is how people read it: "ord_… line 2 at EAST".
func (k Key) String() string {
	text := k.Subject
	if k.Line != 0 {
		text = fmt.Sprintf("%s line %d", text, k.Line)
	}
	if k.Node != "" {
		text += " at " + k.Node
	}
	if k.Part != "" {
		text += " part " + k.Part
	}
	return text
}

// Entry is one quantity of a figure.
type Entry struct {
	Key
	// Value is a decimal, or any text that both sides write alike.
	Value string
	// Order and SKU say more about it where the service knows them. They are not compared.
	Order, SKU string
}

// Unknown is the value of what a side cannot know, such as what was told before it was kept: the other side may say anything of it, or
// nothing.
const Unknown = "?"

// Page is a part of a figure.
type Page struct {
	// Entries are in the order of their keys.
	Entries []Entry
	// Next is the last subject that the page covers, after which the next one begins; empty: this is the last page.
	Next string
}

// Figure is a list of quantities that a service reads from its own tables, in the order of their keys. What is zero is left out.
type Figure struct {
	// Name is the service's name and what is counted, such as "order.promised".
	Name string
	// Read gives what comes after a subject, about limit rows of it.
	Read func(ctx context.Context, db *database.DB, after string, limit int) (Page, error)
}

// Amount is a row of a figure of quantities. Rows with one key are summed up.
type Amount struct {
	Key
	Quantity   int64
	Order, SKU string
}

// PageOf makes a page of rows that read gives in the order of their subjects, at most limit of them. The last subject of a full
// set may be cut off: it is left for the next page.
func PageOf(limit int, read func(limit int) ([]Amount, error)) (Page, error) {
	for {
		rows, err := read(limit)
		if err != nil || len(rows) < limit {
			return Page{Entries: sum(rows)}, err
		}
		last := rows[len(rows)-1].Subject
		whole := slices.IndexFunc(rows, func(row Amount) bool { return row.Subject == last })
		if whole > 0 {
			return Page{Entries: sum(rows[:whole]), Next: rows[whole-1].Subject}, nil
		}
		limit *= 2 // one subject fills it
	}
}

// Quantities makes entries of quantities by what they are about.
func Quantities(quantities map[Key]int64) []Entry {
	entries := make([]Entry, 0, len(quantities))
	for _, key := range slices.SortedFunc(maps.Keys(quantities), Key.Compare) {
		if quantity := quantities[key]; quantity != 0 {
			entries = append(entries, Entry{Key: key, Value: strconv.FormatInt(quantity, 10)})
		}
	}
	return entries
}

func sum(rows []Amount) []Entry {
	quantities, about := make(map[Key]int64, len(rows)), make(map[Key]Amount, len(rows))
	for _, row := range rows {
		quantities[row.Key] += row.Quantity
		about[row.Key] = row
	}
	entries := Quantities(quantities)
	for i := range entries {
		row := about[entries[i].Key]
		entries[i].Order, entries[i].SKU = row.Order, row.SKU
	}
	return entries
}
