package inventory

import (
	"cmp"
	"context"
	"maps"
	"slices"

	fulfillmentv1 "github.com/waybill-dev/waybill/gen/waybill/fulfillment/v1"
	"github.com/waybill-dev/waybill/internal/database"
	"github.com/waybill-dev/waybill/internal/inbox"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// onFulfillmentFacts posts what warehouses did. All events of an order to a warehouse carry its counters from the
// beginning, so one rule serves them all; shipments move the stock.
func (s *Service) onFulfillmentFacts(ctx context.Context, tx database.Transaction, batch []inbox.Message) error {
	var facts []domain.Fact
	var codes []string
	for _, message := range batch {
		fact, skus := factFromProto(message)
		if fact != nil {
			facts = append(facts, *fact)
			codes = append(codes, skus...)
		}
	}
	if len(facts) == 0 {
		return nil
	}
	if _, err := s.items.find(ctx, tx, codes); err != nil { // their decimal places, for the events
		return err
	}
	now := s.now()
	shelf, err := store.LoadForFacts(ctx, tx, s.items, facts, now)
	if err != nil {
		return err
	}
	if err := shelf.Post(facts); err != nil {
		return err
	}
	return s.settle(ctx, tx, shelf, now)
}

// values are a map's values in the order of its keys.
func values[K cmp.Ordered, V any](from map[K]V) []V {
	list := make([]V, 0, len(from))
	for _, key := range slices.Sorted(maps.Keys(from)) {
		list = append(list, from[key])
	}
	return list
}

// factFromProto is nil for events that say nothing about stock: services alone, and steps that move nothing.
func factFromProto(message inbox.Message) (*domain.Fact, []string) {
	switch event := message.Payload.(type) {
	case *fulfillmentv1.ShipmentShipped:
		return shipmentFromProto(event.GetShipment(), message)
	case interface {
		GetFulfillment() *fulfillmentv1.Fulfillment
	}:
		return reportFromProto(event.GetFulfillment(), message)
	default:
		return nil, nil
	}
}
