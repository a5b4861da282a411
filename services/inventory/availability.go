package inventory

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/outbox"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

func stateKey(key domain.StockKey) outbox.StateKey {
	return outbox.StateKey{Parts: []string{string(key.SKU), string(key.Node)}}
}

// availabilityStates reads the newest availability of stocks for the relay.
func (s *Service) availabilityStates(ctx context.Context, keys []outbox.StateKey) ([]outbox.State, error) {
	stocks := make([]domain.StockKey, len(keys))
	codes := make([]string, len(keys))
	for i, key := range keys {
		stocks[i] = domain.StockKey{SKU: domain.SKU(key.Parts[0]), Node: domain.NodeID(key.Parts[1])}
		codes[i] = key.Parts[0]
	}
	items, err := s.items.find(ctx, s.db.Pool(), codes)
	if err != nil {
		return nil, err
	}
	read, err := store.ReadStocksOf(ctx, s.db.Pool(), stocks)
	if err != nil {
		return nil, err
	}
	states := make([]outbox.State, len(read))
	for i, stock := range read {
		balance, item := stock.Balance, items[domain.ItemKey(stock.Balance.SKU)]
		states[i] = outbox.State{
			Key: stateKey(balance.StockKey), Version: balance.Version, OccurredAt: balance.AsOf,
			Payload: &inventoryv1.AvailabilityChanged{
				StockKey: balance.String(), Sku: string(balance.SKU), NodeId: string(balance.Node), Sellable: stock.Sellable,
				OnHand: balance.OnHand, Scale: int32(item.Scale), BaseUnit: item.BaseUnit, Version: balance.Version,
				AsOf: timestamppb.New(balance.AsOf),
			},
		}
	}
	return states, nil
}
