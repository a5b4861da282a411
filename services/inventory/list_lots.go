package inventory

import (
	"context"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// ListLots implements the RPC of the same name. The token is place and lot of the last one of the page.
func (s *Service) ListLots(ctx context.Context, req *inventoryv1.ListLotsRequest) (*inventoryv1.ListLotsResponse, error) {
	item, err := s.knownItem(ctx, req.GetSku())
	if err != nil {
		return nil, err
	}
	after, err := decodeToken(req.GetPageToken(), 2)
	if err != nil {
		return nil, err
	}
	size := pageSize(req.GetPageSize())
	lots, err := store.ListLotsAfter(ctx, s.db.Pool(), store.LotFilter{
		SKU: string(item.SKU), Node: req.GetNodeId(), IncludeEmpty: req.GetIncludeEmpty(), AfterNode: after[0], AfterLot: after[1],
	}, size+1)
	if err != nil {
		return nil, err
	}
	reply := &inventoryv1.ListLotsResponse{}
	if len(lots) > size {
		lots = lots[:size]
		reply.NextPageToken = encodeToken(string(lots[size-1].Node), lots[size-1].Lot)
	}
	for _, lot := range lots {
		reply.Lots = append(reply.Lots, lotToProto(lot, item))
	}
	return reply, nil
}
