package inventory

import (
	"context"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// ListBalances implements the RPC of the same name. The token is the key of the last balance of the page.
func (s *Service) ListBalances(
	ctx context.Context, req *inventoryv1.ListBalancesRequest,
) (*inventoryv1.ListBalancesResponse, error) {
	token, err := decodeToken(req.GetPageToken(), 2)
	if err != nil {
		return nil, err
	}
	after := domain.StockKey{SKU: domain.SKU(token[0]), Node: domain.NodeID(token[1])}
	size := pageSize(req.GetPageSize())
	reply := &inventoryv1.ListBalancesResponse{}
	var skus []string
	if len(req.GetSkus()) > 0 {
		items, err := s.items.find(ctx, s.db.Pool(), req.GetSkus())
		if err != nil || len(items) == 0 {
			return reply, err
		}
		for _, item := range items {
			skus = append(skus, string(item.SKU))
		}
	}
	balances, err := store.ListBalancesAfter(ctx, s.db.Pool(), skus, req.GetNodeIds(), after, size+1)
	if err != nil {
		return nil, err
	}
	if len(balances) > size {
		balances = balances[:size]
		reply.NextPageToken = encodeToken(string(balances[size-1].SKU), string(balances[size-1].Node))
	}
	codes := make([]string, len(balances))
	for i, balance := range balances {
		codes[i] = string(balance.SKU)
	}
	items, err := s.items.find(ctx, s.db.Pool(), codes)
	if err != nil {
		return nil, err
	}
	for _, balance := range balances {
		reply.Balances = append(reply.Balances, balanceToProto(balance, items[domain.ItemKey(balance.SKU)]))
	}
	return reply, nil
}
