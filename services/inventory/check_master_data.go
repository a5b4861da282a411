package inventory

import (
	"context"

	inventoryv1 "github.com/waybill-dev/waybill/gen/waybill/inventory/v1"
	"github.com/waybill-dev/waybill/services/inventory/internal/domain"
	"github.com/waybill-dev/waybill/services/inventory/internal/store"
)

// CheckMasterData implements the RPC of the same name.
func (s *Service) CheckMasterData(
	ctx context.Context, req *inventoryv1.CheckMasterDataRequest,
) (*inventoryv1.CheckMasterDataResponse, error) {
	items, err := s.items.find(ctx, s.db.Pool(), req.GetSkus())
	if err != nil {
		return nil, err
	}
	nodes, err := store.KnownNodes(ctx, s.db.Pool(), req.GetNodeIds())
	if err != nil {
		return nil, err
	}
	reply := &inventoryv1.CheckMasterDataResponse{}
	for _, sku := range req.GetSkus() {
		if _, known := items[domain.ItemKey(sku)]; !known {
			reply.UnknownSkus = append(reply.UnknownSkus, sku)
		}
	}
	for _, node := range req.GetNodeIds() {
		if !nodes[domain.NodeID(node)] {
			reply.UnknownNodeIds = append(reply.UnknownNodeIds, node)
		}
	}
	return reply, nil
}
