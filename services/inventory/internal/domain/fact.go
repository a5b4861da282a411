package domain

import (
	"slices"
)

// Fact is what a warehouse says: one of the two.
type Fact struct {
	Report   *Report
	Shipment *Shipment
}

// Order is the order that the fact is about.
func (f Fact) Order() OrderID {
	if f.Report != nil {
		return f.Report.Order
	}
	return f.Shipment.Order
}

// Post records facts one after the other. The order in which the facts about an order arrive does not matter for where
// they lead. What could not be true before is tried again. It fails only when the shelf lacks something that Stocks or Outflows asked for.
func (s *Shelf) Post(facts []Fact) error {
	for _, fact := range facts {
		if fact.Report != nil {
			s.Report(*fact.Report)
		} else if err := s.Ship(*fact.Shipment); err != nil {
			return err
		}
	}
	return s.settleAll()
}

// Stocks are the balances that the facts may touch: those of the items that they name, and of what is promised to the
// lines. The orders' reservations must be on the shelf.
func (s *Shelf) Stocks(facts []Fact) []StockKey {
	var found []StockKey
	add := func(key LineKey, sku SKU) {
		found = append(found, StockKey{sku, key.Node})
		for _, claim := range s.place(key).claims {
			if claim.SKU != sku {
				found = append(found, StockKey{claim.SKU, key.Node})
			}
		}
	}
	for _, fact := range facts {
		if report := fact.Report; report != nil {
			for _, line := range report.Lines {
				add(LineKey{report.Order, line.Line, report.Node}, line.SKU)
			}
			continue
		}
		for _, line := range fact.Shipment.Lines {
			add(LineKey{fact.Shipment.Order, line.Line, fact.Shipment.Node}, line.SKU)
		}
	}
	slices.SortFunc(found, CompareStock)
	return slices.Compact(found)
}

// Outflows are the balances on which more is about to be shipped than is promised to its lines. Shipping them may revoke
// any promise on them, so the claims on these balances must be on the shelf, with all of their orders.
func (s *Shelf) Outflows(facts []Fact) []StockKey {
	type line struct {
		LineKey
		sku SKU
	}
	shipped := map[line]int64{}
	for _, fact := range facts {
		if fact.Shipment == nil {
			continue
		}
		for _, one := range fact.Shipment.Lines {
			key := line{LineKey{fact.Shipment.Order, one.Line, fact.Shipment.Node}, one.SKU}
			shipped[key] = sum(shipped[key], one.Quantity)
		}
	}
	var found []StockKey
	for key, quantity := range shipped {
		for _, claim := range s.place(key.LineKey).claims {
			if claim.SKU == key.sku {
				quantity -= min(quantity, claim.Remaining+claim.Held)
			}
		}
		if quantity > 0 {
			found = append(found, StockKey{key.sku, key.Node})
		}
	}
	slices.SortFunc(found, CompareStock)
	return slices.Compact(found)
}
