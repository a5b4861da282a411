package inventory

import (
	"context"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/internal/fault"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// GetStock implements the RPC of the same name.
func (s *Service) GetStock(ctx context.Context, req *inventoryv1.GetStockRequest) (*inventoryv1.GetStockResponse, error) {
	item, err := s.knownItem(ctx, req.GetSku())
	if err != nil {
		return nil, err
	}
	reply := &inventoryv1.GetStockResponse{Sku: string(item.SKU), BaseUnit: item.BaseUnit, AsOf: wireTime(s.now())}
	stocks, _, err := store.ReadStocks(ctx, s.db.Pool(), []string{string(item.SKU)}, "")
	if err != nil {
		return nil, err
	}
	for _, stock := range stocks {
		reply.Balances = append(reply.Balances, balanceToProto(stock.Balance, item))
	}
	incoming, err := store.IncomingOfItem(ctx, s.db.Pool(), item.SKU)
	if err != nil {
		return nil, err
	}
	for _, row := range incoming {
		reply.Incoming = append(reply.Incoming, incomingToProto(row, item))
	}
	return reply, nil
}

// knownItem is the item of the request's sku.
func (s *Service) knownItem(ctx context.Context, code string) (domain.Item, error) {
	items, err := s.items.find(ctx, s.db.Pool(), []string{code})
	if err != nil {
		return domain.Item{}, err
	}
	item, known := items[domain.ItemKey(code)]
	if !known {
		return domain.Item{}, fault.New(fault.NotFound, domain.ReasonUnknownItem, "there is no such item").
			WithField("sku", domain.ReasonUnknownItem, "there is no such item")
	}
	return item, nil
}
