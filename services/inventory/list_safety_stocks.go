package inventory

import (
	"context"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// ListSafetyStocks implements the RPC of the same name. The token is the key of the last row of the page.
func (s *Service) ListSafetyStocks(
	ctx context.Context, req *inventoryv1.ListSafetyStocksRequest,
) (*inventoryv1.ListSafetyStocksResponse, error) {
	after, err := decodeToken(req.GetPageToken(), 3)
	if err != nil {
		return nil, err
	}
	skus, none, err := s.spellings(ctx, req.GetSkus())
	if err != nil || none {
		return &inventoryv1.ListSafetyStocksResponse{}, err
	}
	size := pageSize(req.GetPageSize())
	rows, err := store.ListSafetyStocksAfter(ctx, s.db.Pool(), skus, store.SafetyStockRow{
		StockKey: domain.StockKey{SKU: domain.SKU(after[0]), Node: domain.NodeID(after[1])}, Channel: domain.Channel(after[2]),
	}, size+1)
	if err != nil {
		return nil, err
	}
	reply := &inventoryv1.ListSafetyStocksResponse{}
	if len(rows) > size {
		rows = rows[:size]
		last := rows[size-1]
		reply.NextPageToken = encodeToken(string(last.SKU), string(last.Node), string(last.Channel))
	}
	codes := make([]string, len(rows))
	for i, row := range rows {
		codes[i] = string(row.SKU)
	}
	if _, err := s.items.find(ctx, s.db.Pool(), codes); err != nil {
		return nil, err
	}
	reply.SafetyStocks = s.safetyStocksToProto(rows)
	return reply, nil
}

// spellings are the items' codes as they are stored; none: items were named, and there is none of them.
func (s *Service) spellings(ctx context.Context, codes []string) (skus []string, none bool, err error) {
	items, err := s.items.find(ctx, s.db.Pool(), codes)
	for _, item := range items {
		skus = append(skus, string(item.SKU))
	}
	return skus, len(codes) > 0 && len(items) == 0, err
}
