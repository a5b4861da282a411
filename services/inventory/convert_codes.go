package inventory

import (
	"context"
	"fmt"

	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/internal/quantity"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// codes are the items and places that the entries of a request name, and what is wrong with its fields.
type codes struct {
	items map[string]domain.Item
	nodes map[domain.NodeID]bool
	wrong []fault.Field
}

// readCodes finds the items of a request's entries, and their places where they name one.
func readCodes[T interface{ GetSku() string }](ctx context.Context, s *Service, entries []T) (*codes, error) {
	var skus, places []string
	for _, entry := range entries {
		skus = append(skus, entry.GetSku())
		if placed, ok := any(entry).(interface{ GetNodeId() string }); ok {
			places = append(places, placed.GetNodeId())
		}
	}
	items, err := s.items.find(ctx, s.db.Pool(), skus)
	if err != nil {
		return nil, err
	}
	read := &codes{items: items}
	if len(places) > 0 {
		read.nodes, err = store.KnownNodes(ctx, s.db.Pool(), places)
	}
	return read, err
}

func (c *codes) add(path, reason, message string) {
	c.wrong = append(c.wrong, fault.Field{Path: path, Reason: reason, Message: message})
}

// fault is nil when nothing is wrong.
func (c *codes) fault(effect string) error { return refuse(c.wrong, effect) }

// goods finds the item of a code that has stock, and blames the field else.
func (c *codes) goods(code, path string) (domain.Item, bool) {
	item, known := c.items[domain.ItemKey(code)]
	switch {
	case !known:
		c.add(path, domain.ReasonUnknownItem, "there is no such item")
	case !item.Goods:
		c.add(path, domain.ReasonNotStocked, "a service has no stock")
	}
	return item, known
}

// stock finds what a balance is of, and blames the fields below the path else. It reports whether the item is known.
func (c *codes) stock(code, node, path string) (domain.StockKey, domain.Item, bool) {
	item, known := c.goods(code, path+"sku")
	if !c.nodes[domain.NodeID(node)] {
		c.add(path+"node_id", reasonUnknownNode, "there is no such place")
	}
	return domain.StockKey{SKU: item.SKU, Node: domain.NodeID(node)}, item, known
}

// amount reads a decimal in the item's base unit, and blames the field when it does not fit.
func (c *codes) amount(item domain.Item, text, path string) int64 {
	base, err := quantity.Parse(text, item.Scale)
	if err != nil {
		c.add(path, fault.ReasonOf(err), "it does not fit the item's unit: "+text)
	}
	return base
}

// wantLinesFromProto reads what is asked for, in base quantities.
func wantLinesFromProto[T interface {
	GetSku() string
	GetQuantity() string
}](ctx context.Context, s *Service, asked []T, effect string) ([]domain.WantLine, error) {
	read, err := readCodes(ctx, s, asked)
	if err != nil {
		return nil, err
	}
	lines := make([]domain.WantLine, len(asked))
	for i, one := range asked {
		path := fmt.Sprintf("lines[%d].", i)
		item, known := read.goods(one.GetSku(), path+"sku")
		lines[i] = domain.WantLine{Line: int32(i + 1), SKU: item.SKU}
		if !known {
			continue
		}
		before := len(read.wrong)
		lines[i].Quantity = read.amount(item, one.GetQuantity(), path+"quantity")
		if lines[i].Quantity == 0 && len(read.wrong) == before {
			read.add(path+"quantity", reasonQuantityZero, "nothing is asked for")
		}
	}
	return lines, read.fault(effect)
}
