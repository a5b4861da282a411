package domain

import (
	"strings"

	"github.com/google/uuid"

	"github.com/waybill-dev/waybill/internal/fault"
)

// Item is what receiving needs to know of an item. Spelling, scale, unit, kind and whether it has lots never change.
type Item struct {
	SKU      string
	Scale    int32
	BaseUnit string
	// Service: it has no stock.
	Service bool
	// LotTracked: its stock is kept by lot.
	LotTracked bool
}

// ItemKey is what two codes of one item have in common: case does not matter.
func ItemKey(code string) string { return strings.ToLower(code) }

// Catalog is the part of the master data that a set of commands names.
type Catalog struct {
	// Items by ItemKey.
	Items map[string]Item
	// Nodes are the places that exist.
	Nodes map[string]bool
}

// Needs says what has to be loaded for a set of commands.
type Needs struct {
	// IDs and Keys name receipts or returns.
	IDs  []uuid.UUID
	Keys []string
	// Shipments are those whose lines are named.
	Shipments []uuid.UUID
	// Allowances are the shipment lines of which more is to come back. Whole: all lines of the shipments. OfReturns: those of
	// the returns named.
	Allowances       []string
	Whole, OfReturns bool
	// SKUs and Nodes are codes of master data.
	SKUs, Nodes []string
}

// item finds an item that has stock.
func (c Catalog) item(code string) (Item, *fault.Error) {
	item, known := c.Items[ItemKey(code)]
	switch {
	case !known:
		return Item{}, fault.New(fault.Invalid, ReasonUnknownItem, "there is no item %q (yet)", code)
	case item.Service:
		return Item{}, fault.New(fault.Invalid, ReasonNotStocked, "%q is a service: it has no stock", code)
	}
	return item, nil
}

// goods finds an item with the lot under which it is kept: none for items without lots.
func (c Catalog) goods(code, lot string) (Item, string, *fault.Error) {
	item, flaw := c.item(code)
	switch {
	case flaw != nil:
		return Item{}, "", flaw
	case !item.LotTracked:
		return item, "", nil
	case lot == "":
		return Item{}, "", fault.New(fault.Invalid, ReasonLotRequired, "the stock of %q is kept by lot: name one", item.SKU)
	}
	return item, lot, nil
}

// flaws collects what is wrong with a request, field by field. The first one gives the fault its kind and reason.
type flaws struct{ found *fault.Error }

func (f *flaws) add(path string, flaw *fault.Error) {
	if flaw == nil {
		return
	}
	if f.found == nil {
		f.found = fault.New(flaw.Kind, flaw.Reason, "%s", flaw.Message)
		f.found.Meta = flaw.Meta
	}
	f.found = f.found.WithField(path, flaw.Reason, flaw.Message)
}

// say adds a flaw of a request that can never succeed.
func (f *flaws) say(path, reason, format string, args ...any) {
	f.add(path, fault.New(fault.Invalid, reason, format, args...))
}
